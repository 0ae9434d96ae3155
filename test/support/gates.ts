import { createDecide } from '../../functions/decide/decide.ts';
import type { People } from '../../functions/decide/decide.ts';
import { createNotify } from '../../functions/notify/notify.ts';
import type { GatePolicy } from '../../shared/config/config.ts';
import { deliveryItem } from '../../shared/delivery/delivery.ts';
import { gateId } from '../../shared/gate/gate-id.ts';
import type {
  ApprovalPoint,
  Click,
  Decision,
  Gate,
  GatePoint,
  PausePoint,
  ReadyPoint,
  RunPoint,
  Verdict,
} from '../../shared/gate/gate.ts';
import type { Platform, Seen } from '../../shared/gate/platform.ts';
import { gateItem } from '../../shared/gate/stored-gate.ts';
import type { Vote } from '../../shared/gate/vote-message.ts';
import type { Store } from '../../shared/store/store.ts';
import { deliveryKey, gateKey, gatePk } from '../../shared/store/keys.ts';
import { aDeploymentEvent, aHookEvent, anApprovalEvent } from './events.ts';
import { aRig } from './rig.ts';
import { aServiceDeploymentId, TEN_O_CLOCK } from './rollouts.ts';

export const TOKEN = '1a2b3c4d-0000-4000-8000-0000canary00';

export const aPolicy = (given: Partial<GatePolicy> = {}): GatePolicy => ({
  match: {},
  channels: ['C1'],
  rules: [{ name: 'ada, grace, @release', users: ['UADA', 'UGRACE'], groups: ['SRELEASE'], quorum: 1 }],
  rejections: 1,
  confirm: 'none',
  selfApproval: 'deny',
  unknownAuthor: 'allow',
  supersede: false,
  onExpiry: 'aws',
  remindAfterMs: [],
  ...given,
});

export const POINT: ApprovalPoint = {
  kind: 'pipeline-approval',
  rollout: {
    source: 'codepipeline',
    partition: 'aws',
    account: '111122223333',
    region: 'eu-west-1',
    name: 'shop-prod',
    executionId: '0a1b2c3d-0000-4000-8000-000000000001',
  },
  stage: 'Approve',
  action: 'ProdGate',
  actionExecutionId: '9e9e9e9e-0000-4000-8000-000000000009',
};

export const READY_POINT: ReadyPoint = {
  kind: 'deployment-ready',
  rollout: {
    source: 'codedeploy',
    partition: 'aws',
    account: '111122223333',
    region: 'eu-west-1',
    application: 'shop',
    group: 'prod',
    executionId: 'd-ABCDE1234',
  },
};

/** What a run of validation asks about the whole. */
export const RUN_POINT: RunPoint = {
  kind: 'validation',
  rollout: READY_POINT.rollout,
  run: 'zDpPenq2szTW8Vgsgjvhxg',
  suite: 'shop-before-traffic',
  check: '',
};

export const PAUSE_POINT: PausePoint = {
  kind: 'ecs-pause',
  rollout: aServiceDeploymentId(),
  hookId: 'ecs-pause-e7tK9G',
  lifecycleStage: 'POST_TEST_TRAFFIC_SHIFT',
};

export const GATE = gateId(POINT);

/** A vote of Ada's that counts. */
export const aClick = (given: Partial<Click> = {}): Click => ({
  key: 'k1',
  user: 'UADA',
  verdict: 'approve',
  at: TEN_O_CLOCK,
  requestId: 'r',
  outcome: 'counted',
  ...given,
});

/** Ada's approval. */
export const aDecision = (given: Partial<Decision> = {}): Decision => ({
  verdict: 'approve',
  why: 'votes',
  by: ['UADA'],
  names: ['ada'],
  at: TEN_O_CLOCK,
  ...given,
});

/** A gate that is open, and at which nothing has happened yet. */
export const aGate = (given: Partial<Gate> = {}): Gate => ({
  point: POINT,
  channels: ['C1'],
  openedAt: TEN_O_CLOCK,
  token: TOKEN,
  state: { kind: 'open' },
  clicks: [],
  reminded: 0,
  ...given,
});

/** What a fake platform was asked to do, and what it says; it keeps summaries where it has tokens, as AWS's do. */
export type FakePlatform = Platform & {
  readonly calls: (readonly [verdict: Verdict, token: string | undefined, summary: string])[];
  says: Seen;
  /** How many looks more are told that it is pending, whatever it is by now. */
  lags: number;
  /** Thrown by the next calls of `decide`, one each; `lost`: after it took effect. */
  readonly troubles: ('throttled' | 'lost')[];
};

const aPlatform = (token: string | undefined): FakePlatform => {
  const pending: Seen = { kind: 'pending', ...(token !== undefined && { token }) };
  const platform: FakePlatform = {
    calls: [],
    troubles: [],
    says: pending,
    lags: 0,
    look: () => {
      const isLate = platform.lags > 0;
      platform.lags -= isLate ? 1 : 0;
      return Promise.resolve(isLate ? pending : platform.says);
    },
    decide: (_point, given, verdict, summary) => {
      const trouble = platform.troubles.shift();
      if (trouble === 'throttled') {
        return Promise.reject(Object.assign(new Error('no'), { name: 'ThrottlingException' }));
      }
      if (platform.says.kind !== 'pending' || platform.says.token !== given) {
        return Promise.resolve('over');
      }
      platform.calls.push([verdict, given, summary]);
      platform.says = {
        kind: 'ended',
        ending: {
          as: verdict === 'approve' ? 'approved' : 'rejected',
          ...(token !== undefined && { by: 'gatehouse-decide', summary }),
          at: TEN_O_CLOCK,
        },
      };
      return trouble === 'lost' ? Promise.reject(new Error('socket hang up')) : Promise.resolve('done');
    },
    describe: () =>
      Promise.resolve({
        shown: { revisions: [{ source: 'App', id: '3f2a1bc', summary: 'Fix login' }] },
        expiresAt: TEN_O_CLOCK + 7 * 24 * 3_600_000,
      }),
  };
  return platform;
};

type EventOf = (given: Readonly<Record<string, unknown>>, detail: Readonly<Record<string, unknown>>) => string;

/** A point that events tell of; a run of validation asks by itself. */
type ToldPoint = Exclude<GatePoint, RunPoint>;

/** The event by which a point of a kind is heard of. */
const EVENTS: Readonly<Record<ToldPoint['kind'], EventOf>> = {
  'pipeline-approval': anApprovalEvent,
  'deployment-ready': (given, detail) => aDeploymentEvent(given, { state: 'READY', ...detail }),
  'ecs-pause': aHookEvent,
};

/** A gate that `notify` has opened and Slack shows, everything in memory. */
export const anOpenGate = async (
  policy: GatePolicy = aPolicy(),
  overStore?: (store: Store) => Store,
  point: ToldPoint = POINT,
) => {
  const id = gateId(point);
  const rig = aRig(overStore);
  const config = {
    ...rig.config,
    people: [
      { name: 'ada', user: 'UADA', iam: ['arn:aws:iam::111122223333:user/ada'], git: ['ada@example.com'] },
      { name: 'linus', user: 'ULINUS', iam: [], git: ['linus@example.com'] },
    ],
    gates: [policy],
  };
  const platform = aPlatform(point.kind === 'pipeline-approval' ? TOKEN : undefined);
  const told: (readonly [user: string, text: string])[] = [];
  const groups = new Map([['SRELEASE', new Set(['ULINUS', 'UHOPPER'])]]);
  const profiles = new Map<string, { readonly isBot: boolean; readonly isGuest: boolean }>();
  let isSlackDown = false;
  const people: People = {
    members: (group) => Promise.resolve(isSlackDown ? undefined : groups.get(group)),
    profile: (user) =>
      Promise.resolve(isSlackDown ? undefined : (profiles.get(user) ?? { isBot: false, isGuest: false })),
    tell: (_channel, user, text) => {
      told.push([user, text]);
      return Promise.resolve();
    },
    linkTo: (channel, ts) => Promise.resolve(`https://example.slack.com/archives/${channel}/p${ts.replace('.', '')}`),
  };
  const notify = createNotify({ ...rig, config });
  const event = (given: Readonly<Record<string, unknown>> = {}, detail: Readonly<Record<string, unknown>> = {}) => {
    return notify([{ id: 'm', text: EVENTS[point.kind](given, detail) }]);
  };
  const decide = createDecide({ ...rig, config, platform, people });
  await event();
  await rig.changeItem(deliveryKey({ pk: gatePk(id), channel: 'C1' }), deliveryItem, () => ({
    body: { want: 1, done: 1, fence: 1, failures: 0, ts: '1700000000.000100' },
    outcome: undefined,
  }));
  let clicks = 0;
  const aVote = (
    given: Partial<Omit<Vote, 'kind' | 'by'>> & {
      readonly user?: string;
      readonly team?: string;
      readonly name?: string;
    } = {},
  ): Vote => {
    clicks += 1;
    const { user = 'UADA', team = 'T1', name, ...rest } = given;
    return {
      kind: 'vote',
      gate: id,
      verdict: 'approve',
      step: 'button',
      by: { user, team, name: name ?? user.slice(1).toLowerCase() },
      app: 'A1',
      channel: 'C1',
      ts: '1700000000.000100',
      key: `click-${clicks}`,
      at: rig.clock.now(),
      requestId: `request-${clicks}`,
      ...rest,
    };
  };
  const gate = async (): Promise<Gate> => {
    const item = await rig.store.read(gateKey(id));
    return gateItem.parse(item?.body);
  };
  return {
    ...rig,
    config,
    platform,
    people,
    groups,
    profiles,
    told,
    event,
    decide,
    aVote,
    gate,
    state: async () => (await gate()).state.kind,
    slackIsDown: (isDown: boolean) => {
      isSlackDown = isDown;
    },
    notes: () =>
      rig
        .items()
        .filter(({ key }) => key.pk === gatePk(id) && key.sk.startsWith('NOTE'))
        .map(({ key }) => decodeURIComponent(key.sk.split('#')[2] ?? ''))
        .sort(),
  };
};
