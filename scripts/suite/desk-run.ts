import { setTimeout } from 'node:timers/promises';
import type { Clock } from '../../shared/clock.ts';
import { beginRun } from '../../shared/validation/begin.ts';
import type { Effect, Input, Run, Sample } from '../../shared/validation/run.ts';
import { sampleRequest } from '../../shared/validation/sample-request.ts';
import type { Suite } from '../../shared/validation/suite.ts';
import type { TakeSample } from '../../shared/validation/take-sample.ts';
import { tick } from '../../shared/validation/tick.ts';

/** What a run at a desk is told to do. */
export type DeskRun = {
  readonly suite: Suite;
  readonly variables: Readonly<Record<string, string>>;
  /** So long before now the hook is taken to have begun, for what is asked about metrics and alarms. */
  readonly sinceMs: number;
};

export type DeskDeps = {
  readonly takeSample: TakeSample;
  readonly clock: Pick<Clock, 'now'>;
  readonly random: () => number;
  /** Told of each sample as it is taken: the how manieth of its check. */
  readonly hear: (check: number, sample: Sample, taken: number) => void;
};

/** The checks that only people can decide. */
export const approvalsOf = ({ checks }: Suite): readonly string[] =>
  checks.filter(({ probe }) => probe.kind === 'approval').map(({ name }) => name);

/** The suite as it can be run where there is nobody to ask: what needs a yes is run as if that had been said. */
export const withoutApprovals = (suite: Suite): Suite => {
  const asking = approvalsOf(suite);
  return {
    ...suite,
    checks: suite.checks
      .filter(({ name }) => !asking.includes(name))
      .map((check) => ({ ...check, needs: check.needs.filter((name) => !asking.includes(name)) })),
  };
};

/** Of no deployment: nobody is told of it. */
const NOWHERE: Run['rollout'] = {
  source: 'codedeploy',
  partition: 'aws',
  account: '',
  region: '',
  application: '',
  group: '',
  executionId: '',
};

/**
 * Runs a suite by the engine that decides at hooks, in real time and with nobody else about, until it is decided or people
 * would be asked. What only an owner can allow is not allowed here.
 */
export const runAtDesk = async ({ suite, variables, sinceMs }: DeskRun, deps: DeskDeps): Promise<Run> => {
  const { takeSample, clock, random, hear } = deps;
  const startedAt = clock.now();
  let run = beginRun({
    platform: suite.match.platform ?? 'unknown',
    rollout: NOWHERE,
    call: { kind: 'codedeploy-hook', hookExecutionId: 'desk' },
    suite,
    allowances: {},
    variables,
    isRollback: false,
    waitsUntil: startedAt + suite.budget.totalMs + suite.budget.reserveMs,
    now: startedAt,
  });
  const begun = new Set<string>();
  const taken = new Map<number, number>();
  let inputs: Input[] = [];
  let wake: () => void = () => undefined;

  const sample = async (effect: Extract<Effect, { readonly kind: 'probe' }>): Promise<void> => {
    const request = sampleRequest(run, effect);
    if (request === undefined || begun.has(effect.id)) {
      return;
    }
    begun.add(effect.id);
    const { check, id } = effect;
    const found = await takeSample({ ...request, since: request.since - sinceMs });
    const number = (taken.get(check) ?? 0) + 1;
    taken.set(check, number);
    hear(check, found.sample, number);
    inputs.push({ kind: 'sampled', check, id, ...found });
    wake();
  };

  for (;;) {
    const handed = inputs;
    inputs = [];
    const ticked = tick(run, { now: clock.now(), by: 'desk', random }, handed);
    run = ticked.run;
    if (run.state.kind !== 'running' || ticked.wakeAt === undefined) {
      return run;
    }
    const pause = new AbortController();
    wake = () => {
      pause.abort();
    };
    for (const effect of ticked.effects) {
      if (effect.kind === 'probe') {
        // It never rejects.
        void sample(effect);
      }
    }
    const { signal } = pause;
    await setTimeout(Math.max(0, ticked.wakeAt - clock.now()), undefined, { signal }).catch(() => undefined);
  }
};
