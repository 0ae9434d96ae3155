import type { Config } from '../../shared/config/config.ts';
import type { Answer } from '../setup/answer.ts';
import type { Identity } from '../setup/expected-stack.ts';
import { deployCommand, ownCommand } from '../setup/place.ts';
import type { Place } from '../setup/place.ts';
import { unanswered } from '../setup/row.ts';
import type { Row } from '../setup/row.ts';
import { isArn, topicsOf } from '../template-parts.ts';

const GROUP = 'AWS';

/** Whether the credentials are good, and for which account. */
export const checkIdentity = (answer: Answer<Identity>, { local }: Place): readonly Row[] => {
  switch (answer.kind) {
    case 'told':
      return [
        {
          group: GROUP,
          name: 'credentials',
          status: 'ok',
          says: `account ${answer.value.account}, as ${answer.value.arn}`,
        },
      ];
    case 'unreachable':
      return local === undefined
        ? unanswered(GROUP, 'credentials', answer)
        : [
            {
              group: GROUP,
              name: 'local stack',
              status: 'problem',
              says: `${local} does not answer: ${answer.because}`,
              remedy: 'start it in another terminal with npm start; with another port: --port',
            },
          ];
    case 'missing':
    case 'denied':
    case 'refused':
      return [
        {
          group: GROUP,
          name: 'credentials',
          status: 'problem',
          says: `are not accepted${answer.kind === 'refused' ? `: ${answer.error}` : ''}`,
          remedy:
            'aws sso login (or aws configure), set AWS_PROFILE if you have several; aws sts get-caller-identity has to work',
        },
      ];
  }
};

/** Whether the topics that `gatehouse.yml` names by ARN can be reached from the account. */
export const checkPartition = ({ routes }: Config, { partition }: Identity): readonly Row[] =>
  topicsOf(routes)
    .filter((topic) => isArn(topic) && topic.split(':')[1] !== partition)
    .map((topic) => ({
      group: GROUP,
      name: topic,
      status: 'problem',
      says: `is in partition ${topic.split(':')[1] ?? ''}, your account is in ${partition}: nothing reaches from one to the other`,
      remedy: 'name a topic of your partition in gatehouse.yml',
    }));

/** Where the stage was found. */
export type Deployment = {
  /** The functions of the stage, by name, as this region answered. */
  readonly functions: readonly Answer<unknown>[];
  /** Other regions in which the stage is. */
  readonly elsewhere: readonly string[];
};

/** Whether there is anything of the stage in the region. */
export const isDeployed = ({ functions }: Pick<Deployment, 'functions'>): boolean =>
  functions.length > 0 && functions.some(({ kind }) => kind !== 'missing');

/** Whether the stage is deployed where it is looked for. */
export const checkDeployment = (deployment: Deployment, place: Place): readonly Row[] => {
  const { stage, region, local } = place;
  if (deployment.functions.some(({ kind }) => kind === 'told')) {
    return [{ group: GROUP, name: 'region', status: 'ok', says: `${region} has the stage ${stage}` }];
  }
  const unsaid = deployment.functions.find(({ kind }) => kind !== 'missing');
  if (unsaid !== undefined) {
    return unanswered(GROUP, 'region', unsaid);
  }
  const [found] = deployment.elsewhere;
  return [
    found === undefined
      ? {
          group: GROUP,
          name: 'region',
          status: 'note',
          says: `the stage ${stage} is not deployed yet, neither in ${region} nor anywhere that was looked`,
          remedy: deployCommand(place),
        }
      : {
          group: GROUP,
          name: 'region',
          status: 'problem',
          says: `${region} has no stage ${stage}: it is in ${deployment.elsewhere.join(', ')}`,
          remedy:
            local === undefined
              ? ownCommand('doctor', { ...place, region: found })
              : `leave --region out, or say --region ${found}`,
        },
  ];
};

/** Whether the table is there. */
export const checkTable = (name: string, answer: Answer<string>, place: Place): readonly Row[] => {
  if (answer.kind === 'told' && answer.value === 'ACTIVE') {
    return [{ group: GROUP, name: `table ${name}`, status: 'ok', says: 'is there' }];
  }
  const says = answer.kind === 'told' ? `is ${answer.value}` : answer.kind === 'missing' ? 'is not there' : undefined;
  return says === undefined
    ? unanswered(GROUP, `table ${name}`, answer)
    : [{ group: GROUP, name: `table ${name}`, status: 'problem', says, remedy: deployCommand(place) }];
};
