import type { Config } from '../config/config.ts';
import { opened } from '../gate/gate.ts';
import type { RunPoint } from '../gate/gate.ts';
import { gateId } from '../gate/gate-id.ts';
import { policyAt } from '../gate/policy.ts';
import { gateItem } from '../gate/stored-gate.ts';
import { rolloutItem } from '../rollout/stored-rollout.ts';
import type { ChangeItem } from '../store/change-item.ts';
import { gateKey, rolloutKey, rolloutPk } from '../store/keys.ts';
import type { RunAt } from './drive-run.ts';
import type { Effect, Input, Run } from './run.ts';
import { summaryOf } from './run-summary.ts';

type AskDeps = {
  readonly config: Pick<Config, 'gates'>;
  readonly changeItem: ChangeItem;
  /** Has gates looked at, by their ids. */
  readonly lookAtGates: (gates: readonly string[]) => Promise<void>;
  readonly clock: { readonly now: () => number };
};

type Ask = Extract<Effect, { readonly kind: 'ask' }>;

/**
 * Asks people what a run asks: opens the gate, and has it shown. Where no policy says who may decide nobody ever could,
 * and that is an answer.
 */
export const askPeople = async (
  { config, changeItem, lookAtGates, clock }: AskDeps,
  { id, run }: RunAt,
  effect: Ask,
): Promise<Input | undefined> => {
  const point = pointOf(id, run, effect.check);
  const policy = policyAt(point, config);
  const now = clock.now();
  if (policy === undefined) {
    return {
      kind: 'answered',
      ...(effect.check !== undefined && { check: effect.check }),
      answer: { verdict: 'reject', says: 'Nobody may decide here: no gate of gatehouse.yml matches', at: now },
    };
  }
  const gate = gateId(point);
  const { outcome: isUnseen } = await changeItem(
    gateKey(gate),
    gateItem,
    opened(
      {
        point,
        openedAt: now,
        channels: policy.channels,
        expiresAt: effect.until,
        request: { text: figuresOf(run, effect) },
      },
      now,
    ),
  );
  await changeItem(rolloutKey(rolloutPk(run.rollout)), rolloutItem, (stored) => ({
    ...(stored !== undefined &&
      stored.gates?.[gate] === undefined && {
        body: { ...stored, gates: { ...stored.gates, [gate]: { run: id, at: now } } },
      }),
    outcome: undefined,
  }));
  if (isUnseen) {
    await lookAtGates([gate]);
  }
  return undefined;
};

/** The gates that a run may have asked at: what becomes of them follows from the run. */
export const gatesOf = (id: string, run: Run): readonly string[] => {
  const approvals = (run.suite?.checks ?? []).flatMap(({ probe }, index) => (probe.kind === 'approval' ? [index] : []));
  const { inconclusive, error } = run.suite?.decide ?? {};
  const isAsked = inconclusive === 'ask' || error === 'ask';
  return [...approvals, ...(isAsked ? [undefined] : [])].map((check) => gateId(pointOf(id, run, check)));
};

const pointOf = (id: string, { rollout, suite }: Run, check: number | undefined): RunPoint => ({
  kind: 'validation',
  rollout,
  run: id,
  suite: suite?.name ?? '',
  check: check === undefined ? '' : (suite?.checks[check]?.name ?? ''),
});

/** What people read before they decide: what is asked, and what the checks have found. */
const figuresOf = (run: Run, { says }: Ask): string => {
  const found = summaryOf(run)
    .checks.filter(({ verdict }) => verdict !== 'waiting')
    .map(({ name, verdict, value, expected, says: words }) => {
      const figures = value === undefined ? words : `${value}${expected === undefined ? '' : `, expected ${expected}`}`;
      return `${name}: ${verdict}${figures === undefined ? '' : ` (${figures})`}`;
    });
  return [says, found.join('; ')].filter((part) => part !== '').join(' ');
};
