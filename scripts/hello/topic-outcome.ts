import type { Answer } from '../setup/answer.ts';
import type { TopicDestination } from '../setup/destinations.ts';
import { deployCommand, ownCommand } from '../setup/place.ts';
import type { Place } from '../setup/place.ts';
import { unanswered } from '../setup/row.ts';
import type { Row } from '../setup/row.ts';

const GROUP = 'SNS topics';

/** What became of a hello to a topic. It is published with the credentials of whoever runs the command. */
export const topicOutcome = (
  { arn, own, routes }: TopicDestination,
  answer: Answer<undefined>,
  place: Place,
): readonly Row[] => {
  const row = (status: Row['status'], says: string, remedy?: string): readonly Row[] => [
    { group: GROUP, name: arn, status, says, ...(remedy !== undefined && { remedy }) },
  ];
  switch (answer.kind) {
    case 'told':
      return row(
        'ok',
        `published with your credentials; ${routes.join(', ')} will publish here (${ownCommand('doctor', place)} says whether notify may)`,
      );
    case 'missing':
      return row(
        'problem',
        'there is no such topic',
        own ? deployCommand(place) : `correct the ARN in gatehouse.yml, under ${routes.join(', ')}`,
      );
    case 'denied':
      return row(
        'problem',
        `you may not ${answer.action} on ${arn}`,
        `allow yourself ${answer.action} on it; in another account the topic's policy has to allow it as well`,
      );
    case 'refused':
      return answer.error.startsWith('KMS')
        ? row(
            'problem',
            `the key that the topic is encrypted with cannot be used: ${answer.error}`,
            'enable the key, and let you and the role of notify use kms:GenerateDataKey and kms:Decrypt in its policy',
          )
        : row(
            'problem',
            `SNS refuses: ${answer.error}`,
            'compare the ARN and its region in gatehouse.yml with the topic',
          );
    case 'unreachable':
      return unanswered(GROUP, arn, answer);
  }
};
