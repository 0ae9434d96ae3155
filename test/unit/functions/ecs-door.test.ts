import { describe, expect, it } from 'vitest';
import type { RunPoint } from '../../../shared/gate/gate.ts';
import { createRunGates } from '../../../shared/validation/run-gates.ts';
import type { SampleRequest, SampleTaken } from '../../../shared/validation/take-sample.ts';
import { playService } from '../../simulation/ecs-world.ts';
import type { EcsOutcome, EcsWorldOptions } from '../../simulation/ecs-world.ts';
import type { EcsHookEvent } from '../../support/ecs-hooks.ts';
import { BASKET, BASKET_ROLLOUT } from '../../support/ecs-hooks.ts';
import { aPolicy } from '../../support/gates.ts';
import { TEN_O_CLOCK } from '../../support/rollouts.ts';
import { checkOf, suiteOf } from '../../support/suites.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

const SMOKE = checkOf({ kind: 'http', steps: [] }, { name: 'smoke' });
const SLOW = checkOf(
  { kind: 'http', steps: [] },
  { name: 'health', sample: { warmupMs: 20_000, intervalMs: 30_000, count: 3, timeoutMs: 10_000 } },
);
const SUITE = suiteOf([SMOKE, SLOW], { match: { platform: 'ecs-native', cluster: ['prod'] } });

const AFTER_TEST = { stage: 'POST_TEST_TRAFFIC_SHIFT' } as const;
const shift = (percent: number) => ({ stage: 'PRODUCTION_TRAFFIC_SHIFT', percent });
const before = (percent: number) => ({ stage: 'PRE_PRODUCTION_TRAFFIC_SHIFT', percent });

const play = (options: Partial<EcsWorldOptions> = {}): Promise<EcsOutcome> =>
  playService({ suites: [SUITE], steps: [AFTER_TEST], ...options });

const verdicts = ({ ends }: EcsOutcome): readonly string[] => ends.map(({ as }) => as);

let firstRun = '';

const lines = ({ logged }: EcsOutcome, message: string) => logged.filter((line) => line.message === message);

const sampled =
  (outcome: SampleTaken['sample']['outcome'], says: string): ((request: SampleRequest, now: number) => SampleTaken) =>
  (_request, now) => ({ sample: { at: now, tookMs: 100, outcome, says } });

const conclusions = ({ runs }: EcsOutcome) =>
  runs.map(({ run: { state } }) => (state.kind === 'reported' ? state.conclusion : undefined));

describe('the door of ECS', () => {
  it('has ECS call again while it tests, and lets the deployment go on once it has passed', async () => {
    const outcome = await play();
    expect(verdicts(outcome)).toEqual(['SUCCEEDED']);
    const [first, ...others] = outcome.answers;
    expect(first?.hookStatus).toBe('IN_PROGRESS');
    expect(others.length).toBeGreaterThan(2);
    expect(outcome.samples).toBe(4);
    expect(outcome.records).toBe(1);
    expect(outcome.runs[0]?.run).toMatchObject({
      platform: 'ecs-native',
      hook: 'POST_TEST_TRAFFIC_SHIFT',
      state: { kind: 'reported' },
      deployedAt: TEN_O_CLOCK - 5 * MINUTE,
      variables: {
        'deployment.id': 'EZe5RN0000',
        cluster: 'prod',
        service: 'basket',
        hook: 'POST_TEST_TRAFFIC_SHIFT',
        region: 'eu-west-1',
        account: '111122223333',
        'old.revision': '6',
        'new.revision': '7',
        'new.taskDefinition': 'basket:2',
        'new.weight': '0',
      },
    });
  });

  it('comes back when the next sample is due, and never later than ECS would by itself', async () => {
    const { answers } = await play();
    const delays = answers.flatMap((answer) => (answer.hookStatus === 'IN_PROGRESS' ? [answer.callBackDelay] : []));
    expect(delays[0]).toBeGreaterThan(15);
    expect(delays.every((delay) => Number.isInteger(delay) && delay >= 1 && delay <= 30)).toBe(true);
  });

  it('has the deployment rolled back whose checks fail, and says why in its log and on record', async () => {
    const outcome = await play({ sample: sampled('fail', 'status 500') });
    expect(verdicts(outcome)).toEqual(['FAILED']);
    expect(lines(outcome, 'verdict answered')).toMatchObject([
      { fields: { action: 'rollback', reason: 'smoke has failed: status 500.' } },
    ]);
    expect(Object.values(outcome.rollout?.validations ?? {})).toMatchObject([{ summary: { state: 'rollback' } }]);
  });

  it('reads a call whose details are beside it as one that has them inside', async () => {
    const inside = await play({ steps: [shift(50)] });
    const beside = await play({
      steps: [shift(50)],
      says: ({ executionDetails, ...rest }) => ({ ...rest, ...executionDetails }),
    });
    expect(beside.answers).toEqual(inside.answers);
    expect(beside.runs).toEqual(inside.runs);
    expect(beside.runs[0]?.run.variables['new.weight']).toBe('50');
  });

  it.each([
    {
      call: 'without an id',
      says: ({ lifecycleStage, resourceArn }: EcsHookEvent) => ({ lifecycleStage, resourceArn }),
    },
    { call: 'with a text without end', says: (event: EcsHookEvent) => ({ ...event, executionId: 'x'.repeat(10_000) }) },
    { call: 'about a number', says: (event: EcsHookEvent) => ({ ...event, resourceArn: 7 }) },
    { call: 'about another thing', says: (event: EcsHookEvent) => ({ ...event, resourceArn: 'arn:aws:s3:::bucket' }) },
  ])('fails a call $call, with a line in its log, and never throws', async ({ says }) => {
    const outcome = await play({ says });
    expect(outcome.answers).toEqual([{ hookStatus: 'FAILED' }]);
    expect(outcome.logged.some(({ level, message }) => level === 'error' || message === 'verdict answered')).toBe(true);
  });

  it('fails a service that no suite matches, unless a rule of the owner’s allows it', async () => {
    const refused = await play({ suites: [suiteOf([SMOKE], { match: { service: ['others'] } })] });
    expect(verdicts(refused)).toEqual(['FAILED']);
    expect(conclusions(refused)).toMatchObject([{ why: { kind: 'no-suite' } }]);
    const allowed = await play({
      suites: [],
      rules: [{ name: 'young', match: { service: ['bas*'] }, allow: ['no-suite'] }],
    });
    expect(verdicts(allowed)).toEqual(['SUCCEEDED']);
    expect(conclusions(allowed)).toMatchObject([{ allowedBy: 'young' }]);
  });

  it.each([
    { error: 'AccessDeniedException', says: 'lacks a permission' },
    { error: 'ServiceDeploymentNotFoundException', says: 'does not know the deployment' },
  ])('fails in seconds what it cannot read for good: $error', async ({ error, says }) => {
    const outcome = await play({
      told: () => {
        throw Object.assign(new Error('no'), { name: error });
      },
    });
    expect(verdicts(outcome)).toEqual(['FAILED']);
    expect(outcome.ends[0]?.calls).toBe(1);
    expect(conclusions(outcome)).toMatchObject([{ why: { kind: 'not-begun' } }]);
    expect(conclusions(outcome)[0]?.says).toContain(says);
  });

  it('is decided in time for ECS, as far as the hook says how long that waits', async () => {
    const outcome = await play();
    expect(outcome.runs[0]?.run.platformDeadline).toBe(TEN_O_CLOCK + 60 * MINUTE);
    const silent = await play({ told: () => ({ lifecycleHookDetails: [] }) });
    const [run] = silent.runs;
    expect((run?.run.platformDeadline ?? 0) - (run?.run.startedAt ?? 0)).toBe(24 * 60 * MINUTE);
    const other = { targetType: 'AWS_LAMBDA', targetArn: 'arn:aws:lambda:eu-west-1:111122223333:function:other' };
    const ours = { targetType: 'AWS_LAMBDA', targetArn: `${BASKET.function}:live` };
    const among = await play({
      told: () => ({
        lifecycleHookDetails: [
          { ...other, status: 'IN_PROGRESS', expiresAt: TEN_O_CLOCK / 1000 + 60 },
          { ...ours, status: 'IN_PROGRESS', expiresAt: TEN_O_CLOCK / 1000 + 7_200 },
        ],
      }),
    });
    expect(among.runs[0]?.run.platformDeadline).toBe(TEN_O_CLOCK + 120 * MINUTE);
  });

  describe('at the steps of a linear deployment', () => {
    const STEPS = [AFTER_TEST, before(0), shift(40), before(40), shift(80), before(80), shift(100)];

    it.each(['deployment', 'step', 'call'] as const)(
      'tests each anew, whether executions are named by $0 (F75)',
      async (ids) => {
        const outcome = await play({ steps: STEPS, ids });
        expect(verdicts(outcome)).toEqual(STEPS.map(() => 'SUCCEEDED'));
        expect(outcome.runs).toHaveLength(STEPS.length);
        expect(outcome.samples).toBe(STEPS.length * 4);
      },
    );

    it.each(['deployment', 'step', 'call'] as const)(
      'tests each anew also where ECS does not say who has how much, with executions named by $0 (F75)',
      async (ids) => {
        const steps = STEPS.map(({ stage }) => ({ stage }));
        let now = 0;
        const outcome = await play({
          steps,
          ids,
          // What DescribeServiceDeployments says goes on with the deployment.
          told: () => ({ targetServiceRevision: { arn: BASKET.target, requestedProductionTrafficWeight: now } }),
          sample: (request, at) => {
            now = Math.floor((at - TEN_O_CLOCK) / (50 * SECOND));
            return sampled('pass', 'fine')(request, at);
          },
        });
        expect(verdicts(outcome)).toEqual(steps.map(() => 'SUCCEEDED'));
        expect(outcome.runs).toHaveLength(steps.length);
      },
    );

    it('tests each anew even where ECS would say the same of each, by what it says of the deployment (F75)', async () => {
      const same = { [BASKET.target]: 0, [BASKET.old]: 100 };
      const outcome = await play({
        steps: [before(0), before(40), before(80)],
        ids: 'deployment',
        says: (event) => ({
          ...event,
          executionDetails: { ...event.executionDetails, productionTrafficWeights: same },
        }),
        sample: (request, now) => sampled(now < TEN_O_CLOCK + 3 * MINUTE ? 'pass' : 'fail', 'x')(request, now),
      });
      expect(verdicts(outcome)).toEqual(['SUCCEEDED', 'SUCCEEDED', 'FAILED']);
      expect(outcome.runs).toHaveLength(3);
    });

    it('fails at the step whose tests fail, whatever the steps before have come to (F75)', async () => {
      const outcome = await play({
        steps: STEPS,
        sample: (request, now) =>
          sampled(request.variables['new.weight'] === '80' ? 'fail' : 'pass', 'x')(request, now),
      });
      expect(verdicts(outcome)).toEqual(['SUCCEEDED', 'SUCCEEDED', 'SUCCEEDED', 'SUCCEEDED', 'FAILED']);
    });

    it('shows the newest of many, and all that failed', async () => {
      const many = Array.from({ length: 33 }, (_, index) => [before(index * 3), shift((index + 1) * 3)]).flat();
      const outcome = await play({ steps: many, suites: [suiteOf([SMOKE])] });
      expect(verdicts(outcome)).toHaveLength(66);
      const marks = Object.values(outcome.rollout?.validations ?? {});
      expect(marks).toHaveLength(66);
      // Nobody is shown the checks of those before the newest that let it go on.
      expect(marks.filter(({ summary }) => summary.checks.length > 0).length).toBeLessThanOrEqual(2);
    });
  });

  describe('in a rollback', () => {
    const BACK = [shift(0), { stage: 'TEST_TRAFFIC_SHIFT', percent: 0 }];

    it('lets it go on at once, by what the weights say, whatever the checks would find (F76)', async () => {
      const outcome = await play({
        steps: [shift(50)],
        rollback: BACK,
        ids: 'deployment',
        sample: sampled('fail', 'status 500'),
      });
      expect(verdicts(outcome)).toEqual(['FAILED', 'SUCCEEDED', 'SUCCEEDED']);
      expect(outcome.ends.slice(1).map(({ calls }) => calls)).toEqual([1, 1]);
      expect(outcome.samples).toBe(1);
      expect(conclusions(outcome).slice(1)).toMatchObject([
        { why: { kind: 'rollback' } },
        { why: { kind: 'rollback' } },
      ]);
    });

    it.each(['deployment', 'call'] as const)(
      'lets it go on by what ECS says of the deployment, where the call does not, with executions named by $0 (F76)',
      async (ids) => {
        let isBack = false;
        const outcome = await play({
          steps: [{ stage: 'PRODUCTION_TRAFFIC_SHIFT' }],
          rollback: [{ stage: 'PRODUCTION_TRAFFIC_SHIFT' }],
          ids,
          told: () => ({ status: isBack ? 'ROLLBACK_IN_PROGRESS' : 'IN_PROGRESS' }),
          sample: (request, now) => {
            isBack = true;
            return sampled('fail', 'status 500')(request, now);
          },
        });
        expect(verdicts(outcome)).toEqual(['FAILED', 'SUCCEEDED']);
      },
    );

    it('needs nobody’s answer for that: neither ECS’s nor the table’s', async () => {
      const denied = await play({ steps: BACK, fails: (_by, operation) => operation === 'DescribeServiceDeployments' });
      expect(verdicts(denied)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
      const dark = await play({ steps: BACK, fails: (_by, operation) => operation === 'GetItem' });
      expect(verdicts(dark)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
      expect((dark.ends[0]?.at ?? 0) - TEN_O_CLOCK).toBeLessThan(2 * MINUTE);
      expect(lines(dark, 'verdict without a record')).toHaveLength(2);
    });

    it('takes no other stage for one: before the first step the old version has all of the traffic, too', async () => {
      const outcome = await play({ steps: [before(0)], sample: sampled('fail', 'status 500') });
      expect(verdicts(outcome)).toEqual(['FAILED']);
    });
  });

  it('is on record as told with its first write where it is decided as it begins, and is not read again', async () => {
    const { steps } = await play({ suites: [] });
    expect(steps.slice(0, 4)).toEqual([
      // Both at once.
      'validate 1: DescribeServiceDeployments',
      'validate 1: GetItem',
      'validate 1: DescribeServiceRevisions',
      'validate 1: PutItem',
    ]);
    // Of the run, of its rollout, of what people see.
    expect(steps.filter((step) => step.endsWith('GetItem'))).toHaveLength(3);
    // Whoever writes it may get no further: the sweep has it recorded while the next step is tested.
    const killed = await play({
      suites: [suiteOf([SLOW], { match: { hook: ['PRODUCTION_TRAFFIC_SHIFT'] } })],
      rules: [{ name: 'young', match: {}, allow: ['no-suite'] }],
      steps: [AFTER_TEST, shift(100)],
      forgives: true,
      blow: { step: 3, kind: 'killed', tookEffect: true },
    });
    expect(verdicts(killed)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    expect(killed.runs).toHaveLength(2);
    expect(killed.records).toBe(2);
  });

  it('gives a call that is repeated the same answer, and tests nothing again (F74)', async () => {
    for (const outcome of [
      await play({ steps: [before(0), shift(100)], loses: () => true }),
      await play({ steps: [before(0), shift(100)], loses: () => true, ids: 'call' }),
      await play({ steps: [before(0), shift(100)], copies: 3 }),
    ]) {
      expect(verdicts(outcome)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
      expect(outcome.runs).toHaveLength(2);
      expect(outcome.samples).toBe(8);
    }
  });

  it('says of a step that failed that it failed, however often and by whatever id it is asked (F74)', async () => {
    let isBad = true;
    const outcome = await play({
      steps: [shift(50)],
      rollback: [shift(50), shift(50)],
      ids: 'call',
      sample: (request, now) => {
        const found = sampled(isBad ? 'fail' : 'pass', 'x')(request, now);
        isBad = false;
        return found;
      },
    });
    expect(verdicts(outcome)).toEqual(['FAILED', 'FAILED', 'FAILED']);
    expect(outcome.runs).toHaveLength(1);
  });

  it('relies on nothing that is handed over: whoever configures the hook may write it (F74)', async () => {
    const outcome = await play({
      steps: [before(0), shift(50)],
      // As if the verdict of the step before could be had again.
      says: (event) => ({ ...event, hookDetails: { gatehouse: { step: 'x', run: firstRun, failingSince: 0 } } }),
      sample: (request, now) =>
        sampled(request.variables['hook'] === 'PRODUCTION_TRAFFIC_SHIFT' ? 'fail' : 'pass', 'x')(request, now),
      happens: [
        {
          afterMs: 5 * SECOND,
          work: ({ runs }) => {
            firstRun = runs()[0]?.id ?? '';
            return Promise.resolve();
          },
        },
      ],
    });
    expect(firstRun).not.toBe('');
    expect(verdicts(outcome)).toEqual(['SUCCEEDED', 'FAILED']);
    const without = await play({ carries: false });
    expect(verdicts(without)).toEqual(['SUCCEEDED']);
    expect(without.runs).toHaveLength(1);
  });

  describe('in trouble', () => {
    it.each(['GetItem', 'PutItem', 'DescribeServiceDeployments'])(
      'has ECS call again while %s fails, and goes on when it does not any more (F77)',
      async (broken) => {
        const outcome = await play({
          fails: (_by, operation, now) => operation === broken && now < TEN_O_CLOCK + 5 * MINUTE,
        });
        expect(verdicts(outcome)).toEqual(['SUCCEEDED']);
        expect(lines(outcome, 'hook not answered yet').length).toBeGreaterThan(5);
      },
    );

    it.each(['GetItem', 'PutItem', 'DescribeServiceDeployments'])(
      'fails with a reason once %s has failed for a quarter of an hour (F77)',
      async (broken) => {
        const outcome = await play({ fails: (_by, operation) => operation === broken });
        expect(verdicts(outcome)).toEqual(['FAILED']);
        const tookMs = (outcome.ends[0]?.at ?? 0) - TEN_O_CLOCK;
        expect(tookMs).toBeGreaterThanOrEqual(15 * MINUTE);
        expect(tookMs).toBeLessThan(17 * MINUTE);
        expect(lines(outcome, 'verdict without a record')).toMatchObject([{ level: 'error' }]);
      },
    );

    it('counts the trouble of no other step', async () => {
      const hookDetails = { gatehouse: { step: 'another', failingSince: TEN_O_CLOCK - 60 * MINUTE } };
      const outcome = await play({
        says: (event) => ({ ...event, hookDetails }),
        fails: (_by, name) => name === 'GetItem',
      });
      expect(outcome.answers[0]).toMatchObject({ hookStatus: 'IN_PROGRESS', callBackDelay: 15 });
    });

    it('answers before its own time is over, whatever hangs', async () => {
      const outcome = await play({ latencyMs: 50_000, suites: [suiteOf([SMOKE])] });
      expect(verdicts(outcome)).not.toContain('no answer');
    });
  });

  it('hears what people decide with the next call', async () => {
    const suite = suiteOf([checkOf({ kind: 'approval' }, { name: 'go-ahead' })], {
      budget: { totalMs: 30 * MINUTE, reserveMs: 5 * MINUTE },
    });
    const outcome = await play({
      suites: [suite],
      gates: [aPolicy({ match: { suite: ['*'], service: ['basket'] } })],
      happens: [
        {
          afterMs: 10 * MINUTE,
          work: ({ changeItem, runs }) => {
            const run = runs()[0]?.id ?? '';
            const point: RunPoint = {
              kind: 'validation',
              rollout: BASKET_ROLLOUT,
              run,
              suite: suite.name,
              check: 'go-ahead',
            };
            const gates = createRunGates({
              changeItem,
              lookAtRun: () => Promise.resolve(),
              now: () => TEN_O_CLOCK + 10 * MINUTE,
            });
            return gates.decide(point, undefined, 'approve', 'approved by ada');
          },
        },
      ],
    });
    expect(verdicts(outcome)).toEqual(['SUCCEEDED']);
    const tookMs = (outcome.ends[0]?.at ?? 0) - TEN_O_CLOCK;
    expect(tookMs).toBeGreaterThan(10 * MINUTE);
    expect(tookMs).toBeLessThan(11 * MINUTE);
    expect(outcome.gateLooks.length).toBeGreaterThan(0);
  });
});
