import fc from 'fast-check';
import type { Facts, Register, RolloutId, StateChange, Trigger } from '../../shared/rollout/rollout.ts';
import { STATES } from '../../shared/rollout/state.ts';
import type { Version } from '../../shared/rollout/version.ts';
import { aDeploymentId, aRolloutId, TEN_O_CLOCK } from './rollouts.ts';

const NASTY = [
  '<!channel>',
  '<@U012ABCDEF>',
  '<https://evil.example|click>',
  '&amp;',
  '&',
  '<',
  '>',
  '```',
  '*_~`',
  ':rotating_light:',
  '\u202egpj.exe\u202c',
  '\u200b',
  '\u0000',
  '\u001b[31m\u001b]0;title\u0007',
  '\r\n\n',
  '\u2028',
  '\ufeff\uffff',
  '\ud83d',
  '👩‍👩‍👧‍👦',
  '𝕏',
  'e\u0301\u0301\u0301',
  '{"message":1}',
  '__proto__',
  'constructor',
  '"\\',
  '   ',
  'undefined',
] as const;

/** Text as somebody wrote it who means no good, or does not know better. */
export const hostileText = (maxLength: number): fc.Arbitrary<string> =>
  fc
    .oneof(
      fc.string({ unit: 'binary', maxLength }),
      fc.string({ unit: 'grapheme', maxLength }),
      fc.array(fc.constantFrom(...NASTY), { maxLength: 40 }).map((pieces) => pieces.join('')),
      fc.constantFrom('x', '&', '"', '𝕏', '<!channel>').map((piece) => piece.repeat(maxLength)),
    )
    .map((text) => text.slice(0, maxLength));

/** What the parsers let through as a name: not empty, well-formed, at most 100 code units. */
const hostileName = hostileText(100).map((text) => text.toWellFormed() || 'x');

const storedText = (maxLength: number): fc.Arbitrary<string> =>
  hostileText(maxLength).map((text) => text.toWellFormed() || 'x');

/** As the parsers let them through. */
const httpsUrl = fc
  .webUrl({ validSchemes: ['https'], withFragments: true, withQueryParameters: true, size: 'medium' })
  .filter((url) => url.length <= 400);

// Few of each, so that changes collide: same register, same second, same event id and yet another content.
const STAGES = ['Source', 'Build', 'Deploy', '__proto__', 'a/b', 'a'] as const;
const INSTANCES = ['i-0a1b2c3d', 'mi-0a1b2c3d', 'till 42', '__proto__'] as const;
const ACTIONS = ['Release', 'b/c', 'constructor'] as const;

const arbitraryRegister: fc.Arbitrary<Register> = fc.oneof(
  fc.constant({ kind: 'rollout' as const }),
  fc.record({ kind: fc.constant('stage' as const), stage: fc.constantFrom(...STAGES) }),
  fc.record({
    kind: fc.constant('action' as const),
    stage: fc.constantFrom(...STAGES),
    action: fc.constantFrom(...ACTIONS),
  }),
  fc.record({ kind: fc.constant('instance' as const), instance: fc.constantFrom(...INSTANCES) }),
);

/** Registers of any name, of which there may be very many. */
const hostileRegister: fc.Arbitrary<Register> = fc.oneof(
  fc.record({ kind: fc.constant('stage' as const), stage: hostileName }),
  fc.record({ kind: fc.constant('action' as const), stage: hostileName, action: hostileName }),
  fc.record({ kind: fc.constant('instance' as const), instance: hostileName }),
);

const arbitraryVersion: fc.Arbitrary<Version> = fc.record({
  attempt: fc.constantFrom(0, 1, 2),
  time: fc.constantFrom(0, 1000, 2000).map((later) => TEN_O_CLOCK + later),
  rank: fc.constantFrom(10, 11, 20, 30, 40, 50),
  eventId: fc.constantFrom('event-1', 'event-2', 'event-3'),
});

const arbitraryTrigger: fc.Arbitrary<Trigger> = fc.oneof(
  fc.record(
    {
      kind: fc.constant('commit' as const),
      author: storedText(100),
      ref: storedText(200),
      commit: storedText(64),
      message: storedText(200),
      repository: storedText(200),
    },
    { requiredKeys: ['kind'] },
  ),
  fc.record(
    { kind: fc.constant('other' as const), type: storedText(100), detail: storedText(300) },
    { requiredKeys: ['kind', 'type'] },
  ),
);

const arbitraryResult = fc.record(
  { summary: storedText(300), errorCode: storedText(100), url: httpsUrl },
  { requiredKeys: [] },
);

const arbitraryFacts: fc.Arbitrary<Facts> = fc.record(
  {
    trigger: fc.record({ version: arbitraryVersion, value: arbitraryTrigger }),
    stopReason: fc.record({ version: arbitraryVersion, value: storedText(300) }),
    failure: fc.record({ version: arbitraryVersion, value: arbitraryResult }),
    rollbackOf: fc.record({ version: arbitraryVersion, value: storedText(100) }),
    rolledBackBy: fc.record({ version: arbitraryVersion, value: storedText(100) }),
    creator: fc.record({
      version: arbitraryVersion,
      value: fc.oneof(fc.constantFrom('user', 'codeDeployRollback'), storedText(100)),
    }),
    stages: fc.record({
      version: arbitraryVersion,
      value: fc.array(fc.oneof(fc.constantFrom(...STAGES), storedText(100)), { maxLength: 5 }),
    }),
  },
  { requiredKeys: [] },
);

const changeOf = (register: fc.Arbitrary<Register>, rollout: RolloutId = aRolloutId()): fc.Arbitrary<StateChange> =>
  fc
    .tuple(
      fc.record({
        rollout: fc.constant(rollout),
        register,
        state: fc.constantFrom(...STATES),
        version: arbitraryVersion,
        facts: arbitraryFacts,
      }),
      fc.constantFrom(0, 1, 711, 5000),
      fc.option(arbitraryResult, { nil: undefined }),
    )
    .map(([change, before, result]) => ({
      ...change,
      startedAt: change.version.time - before,
      ...(result && { result }),
    }));

/** Any change of one rollout, from pools so small that changes collide. */
export const arbitraryChange: fc.Arbitrary<StateChange> = changeOf(arbitraryRegister);

/** Any change of one deployment, from pools as small. */
export const arbitraryDeploymentChange: fc.Arbitrary<StateChange> = changeOf(
  arbitraryRegister.filter(({ kind }) => kind === 'rollout' || kind === 'instance'),
  aDeploymentId(),
);

/** Any change of one rollout, of a register of any name. */
export const hostileChange: fc.Arbitrary<StateChange> = changeOf(fc.oneof(arbitraryRegister, hostileRegister));

const hostilePlace = {
  partition: fc.constantFrom('aws', 'aws-cn', 'aws-us-gov', 'aws-iso'),
  account: fc.constant('111122223333'),
  region: fc.constantFrom('eu-west-1', 'cn-north-1', 'us-gov-west-1', 'us-iso-east-1'),
  executionId: hostileName.map((text) => text.replace(/[\s\p{Cc}\p{Cs}]/gu, '') || 'x'),
};

/** An id with names of strangers in it, as far as the parsers let them through. */
export const hostileRolloutId: fc.Arbitrary<RolloutId> = fc.oneof(
  fc.record({ source: fc.constant('codepipeline' as const), ...hostilePlace, name: hostileName }),
  fc.record({
    source: fc.constant('codedeploy' as const),
    ...hostilePlace,
    application: hostileName,
    group: hostileName,
  }),
  fc.record({
    source: fc.constant('ecs' as const),
    ...hostilePlace,
    cluster: fc.oneof(fc.constant(''), hostileName),
    service: hostileName,
  }),
);

/** What `gatehouse.yml` may call the places of a rollout, as far as its schema goes and beyond. */
export const hostileLabels = fc.record(
  { environment: hostileText(200), account: hostileText(200), region: hostileText(200) },
  { requiredKeys: [] },
);
