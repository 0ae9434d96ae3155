import type { Answer } from '../setup/answer.ts';
import type { DeployedTopic } from '../setup/deployed.ts';
import type { Identity } from '../setup/expected-stack.ts';
import { awsCommand, deployCommand } from '../setup/place.ts';
import type { Place } from '../setup/place.ts';
import { unanswered } from '../setup/row.ts';
import type { Row } from '../setup/row.ts';
import { allows } from './policy.ts';

/** A topic that has to be there. `own`: the stack makes it. `routes`: which lead there. */
export type WantedTopic = { readonly arn: string; readonly own: boolean; readonly routes: readonly string[] };

const GROUP = 'Topics';

/** Whether a topic is there, may be published to, and is heard by somebody. */
export const checkTopic = (
  { arn, own, routes }: WantedTopic,
  answer: Answer<DeployedTopic>,
  { account }: Pick<Identity, 'account'>,
  place: Place,
): readonly Row[] => {
  const [, , , region = '', owner = '', topic = ''] = arn.split(':');
  const there: Place = { ...place, region };
  const name = own ? topic : arn;
  const row = (status: Row['status'], says: string, remedy?: string): Row => ({
    group: GROUP,
    name,
    status,
    says,
    ...(remedy !== undefined && { remedy }),
  });
  if (answer.kind === 'missing') {
    return [
      own
        ? row('problem', 'there is no such topic', deployCommand(place))
        : row(
            'problem',
            `there is no such topic; ${routes.join(', ')} would publish to it`,
            `correct the ARN in gatehouse.yml, or ${awsCommand(there, `sns create-topic --name ${topic}`)}`,
          ),
    ];
  }
  if (answer.kind !== 'told') {
    return unanswered(GROUP, name, answer);
  }
  const { policy, confirmed, pending, key } = answer.value;
  const isForeign = owner !== account;
  const mayPublish =
    !isForeign ||
    allows(policy, {
      principals: [account, `arn:${arn.split(':')[1] ?? 'aws'}:iam::${account}:root`],
      action: 'sns:Publish',
      context: { 'aws:sourceowner': account, 'aws:sourceaccount': account, 'aws:principalaccount': account },
    });
  if (!mayPublish) {
    return [
      row(
        'problem',
        `its policy does not let account ${account} publish`,
        `its owner allows it: ${awsCommand(there, `sns add-permission --topic-arn ${arn} --label gatehouse --aws-account-id ${account} --action-name Publish`)}`,
      ),
    ];
  }
  return [
    row('ok', isForeign ? `is there, and lets account ${account} publish` : 'is there'),
    ...(confirmed > 0
      ? []
      : [
          row(
            'note',
            pending > 0
              ? 'nobody hears it yet: a subscription waits for its confirmation'
              : 'nobody hears it: it has no subscription',
            pending > 0
              ? 'follow the link in the mail that AWS sent to the subscriber'
              : awsCommand(
                  there,
                  `sns subscribe --topic-arn ${arn} --protocol email --notification-endpoint you@example.com`,
                ),
          ),
        ]),
    ...(key === undefined || key === 'alias/aws/sns'
      ? []
      : [
          row(
            'note',
            'is encrypted with a customer key, of which only its own policy can say who may use it',
            'see that the policy of the key lets the role of notify (which has the permission, if the key is the topicKeyArn of the stage) and, for alarms, cloudwatch.amazonaws.com use kms:GenerateDataKey and kms:Decrypt',
          ),
        ]),
  ];
};
