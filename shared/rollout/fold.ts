import { registerName } from './rollout.ts';
import type { Fact, Facts, Register, RegisterState, Rollout, StateChange } from './rollout.ts';
import { compareText, compareVersions } from './version.ts';
import type { Version } from './version.ts';

/** More registers than a pipeline or most deployments need, few enough to fit into one DynamoDB item whatever they say. */
export const MAX_REGISTERS = 150;

/**
 * Folds a state change into a rollout. Commutative, associative and idempotent: the same changes in any order, any
 * number of times, give the same rollout. Returns the very rollout it was given when nothing changed.
 */
export const fold = (rollout: Rollout | undefined, change: StateChange): Rollout => {
  const { rollout: id, facts: toldFacts, approvalId, expiresAt, ...told } = change;
  const registers = withRegister(rollout?.registers ?? {}, told);
  const facts = mergeFacts(rollout?.facts ?? {}, toldFacts);
  return registers === rollout?.registers && facts === rollout.facts ? rollout : { id, registers, facts };
};

const withRegister = (registers: Rollout['registers'], told: RegisterState): Rollout['registers'] => {
  const name = registerName(told.register);
  const known = registers[name];
  const merged = known === undefined ? told : mergeRegister(known, told);
  if (merged === known) {
    return registers;
  }
  const next = { ...registers, [name]: merged };
  const states = Object.values(next);
  if (states.length <= MAX_REGISTERS) {
    return next;
  }
  // Always the same ones are kept, whatever came first: a register that is out once is out for ever.
  const dropped = states.map(({ register }) => register).reduce((a, b) => (keptBefore(a, b) ? b : a));
  return dropped === told.register
    ? registers
    : Object.fromEntries(Object.entries(next).filter(([, state]) => state.register !== dropped));
};

const KEPT_FIRST = { rollout: 0, stage: 1, action: 2, instance: 3 } as const;

const keptBefore = (a: Register, b: Register): boolean =>
  (KEPT_FIRST[a.kind] - KEPT_FIRST[b.kind] || compareText(registerName(a), registerName(b))) < 0;

const mergeRegister = (known: RegisterState, told: RegisterState): RegisterState => {
  const newer = newest(known, told, contentOf);
  const startedAt = Math.min(known.startedAt, told.startedAt);
  return newer === known && startedAt === known.startedAt ? known : { ...newer, startedAt };
};

/** What one event decides in a register; the start is merged apart, from all of them. */
const contentOf = ({ state, result }: RegisterState): unknown => ({ state, result });

/** The rollout with facts that no event tells and somebody looked up. */
export const withFacts = (rollout: Rollout, told: Facts): Rollout => {
  const facts = mergeFacts(rollout.facts, told);
  return facts === rollout.facts ? rollout : { ...rollout, facts };
};

const mergeFacts = (known: Facts, told: Facts): Facts => {
  const trigger = mergeFact(known.trigger, told.trigger);
  const stopReason = mergeFact(known.stopReason, told.stopReason);
  const failure = mergeFact(known.failure, told.failure);
  const rollbackOf = mergeFact(known.rollbackOf, told.rollbackOf);
  const rolledBackBy = mergeFact(known.rolledBackBy, told.rolledBackBy);
  const creator = mergeFact(known.creator, told.creator);
  const stages = mergeFact(known.stages, told.stages);
  const gone = mergeFact(known.gone, told.gone);
  return trigger === known.trigger &&
    stopReason === known.stopReason &&
    failure === known.failure &&
    rollbackOf === known.rollbackOf &&
    rolledBackBy === known.rolledBackBy &&
    creator === known.creator &&
    stages === known.stages &&
    gone === known.gone
    ? known
    : {
        ...(trigger && { trigger }),
        ...(stopReason && { stopReason }),
        ...(failure && { failure }),
        ...(rollbackOf && { rollbackOf }),
        ...(rolledBackBy && { rolledBackBy }),
        ...(creator && { creator }),
        ...(stages && { stages }),
        ...(gone && { gone }),
      };
};

const mergeFact = <Value>(known: Fact<Value> | undefined, told: Fact<Value> | undefined): Fact<Value> | undefined =>
  known === undefined || told === undefined ? (known ?? told) : newest(known, told, ({ value }) => value);

/** The newer of two; of two that carry one event id and yet differ, always the same one. */
const newest = <T extends { readonly version: Version }>(known: T, told: T, content: (of: T) => unknown): T => {
  const order =
    compareVersions(known.version, told.version) || compareText(canonical(content(known)), canonical(content(told)));
  return order < 0 ? told : known;
};

const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    inner instanceof Object ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => compareText(a, b))) : inner,
  );
