import { describe, expect, it } from 'vitest';
import { createDecide } from '../../../functions/decide/decide.ts';
import type { GatePolicy } from '../../../shared/config/config.ts';
import { deliveryItem } from '../../../shared/delivery/delivery.ts';
import { gateId } from '../../../shared/gate/gate-id.ts';
import type { RunPoint } from '../../../shared/gate/gate.ts';
import { platformOf } from '../../../shared/gate/platform.ts';
import type { Seen } from '../../../shared/gate/platform.ts';
import { gateItem } from '../../../shared/gate/stored-gate.ts';
import { gateKey } from '../../../shared/store/keys.ts';
import { createRunGates } from '../../../shared/validation/run-gates.ts';
import type { SampleRequest, SampleTaken } from '../../../shared/validation/take-sample.ts';
import { aPolicy } from '../../support/gates.ts';
import { aHookedDeployment, HOOK_CALL } from '../../support/hooks.ts';
import { TEN_O_CLOCK } from '../../support/rollouts.ts';
import { checkOf, suiteOf } from '../../support/suites.ts';
import { playHook } from '../../simulation/hook-world.ts';
import type { HookOutcome, HookPorts, HookWorldOptions } from '../../simulation/hook-world.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

const SMOKE = checkOf({ kind: 'http', steps: [] }, { name: 'smoke' });
const SUITE = suiteOf([SMOKE]);

const play = (options: Partial<HookWorldOptions> = {}): Promise<HookOutcome> =>
  playHook({ suites: [SUITE], ...options });

const statuses = ({ deployment }: HookOutcome): readonly string[] => deployment.taken.map(({ status }) => status);

const tookMs = ({ deployment }: HookOutcome): number => (deployment.taken[0]?.at ?? Infinity) - TEN_O_CLOCK;

const conclusionOf = ({ stored }: HookOutcome) => {
  const state = stored()?.run.state;
  return state?.kind === 'reported' || state?.kind === 'moot' ? state.conclusion : undefined;
};

const lines = ({ logged }: HookOutcome, message: string) => logged.filter((line) => line.message === message);

const sampled =
  (outcome: SampleTaken['sample']['outcome'], says: string): ((request: SampleRequest, now: number) => SampleTaken) =>
  (_request, now) => ({ sample: { at: now, tookMs: 100, outcome, says } });

describe('validate', () => {
  it('lets a deployment go on whose checks have passed, and writes down what it was told and found', async () => {
    const outcome = await play();
    expect(statuses(outcome)).toEqual(['Succeeded']);
    const run = outcome.record()?.run;
    expect(run?.suite).toEqual(SUITE);
    expect(run?.checks[0]?.samples).toHaveLength(1);
    expect(run?.variables).toEqual({
      'deployment.id': 'd-ABCDE1234',
      application: 'orders',
      group: 'prod',
      hook: 'BeforeAllowTraffic',
      region: 'eu-west-1',
      account: '111122223333',
      'function.name': 'orders',
      'function.alias': 'live',
      'old.version': '1',
      'new.version': '2',
      'new.weight': '10',
    });
  });

  it('keeps the key of the call to itself: no log and no record has it (P14)', async () => {
    const outcome = await play();
    expect(JSON.stringify(outcome.logged)).not.toContain(HOOK_CALL.hookExecutionId);
    expect(JSON.stringify(outcome.record())).not.toContain(HOOK_CALL.hookExecutionId);
  });

  it('names both sides of a deployment to ECS by the labels of CodeDeploy', async () => {
    const deployment = aHookedDeployment({ computePlatform: 'ECS' }, 'AfterAllowTestTraffic');
    const outcome = await play({ deployment });
    expect(outcome.record()?.run).toMatchObject({
      platform: 'codedeploy-ecs',
      hook: 'AfterAllowTestTraffic',
      variables: {
        'old.taskSet': 'ecs-svc/1',
        'new.taskSet': 'ecs-svc/2',
        'old.targetGroup': 'web-blue',
        'new.targetGroup': 'web-green',
      },
    });
  });

  it.each([
    { by: 'creator', info: { creator: 'codeDeployRollback' } },
    { by: 'CloudFormation', info: { creator: 'CloudFormationRollback' } },
    { by: 'what it brings back', info: { rollbackInfo: { rollbackTriggeringDeploymentId: 'd-FAILED' } } },
  ])('lets a rollback go on at once, which it knows by $by, and tests nothing', async ({ info }) => {
    const outcome = await play({ deployment: aHookedDeployment(info), sample: sampled('fail', 'no') });
    expect(statuses(outcome)).toEqual(['Succeeded']);
    expect(tookMs(outcome)).toBeLessThan(5 * SECOND);
    expect(outcome.samples).toBe(0);
    expect(outcome.record()?.run.state).toMatchObject({ conclusion: { why: { kind: 'rollback' } } });
  });

  it('has traffic watched before it moves where a suite is for it, should the event of the begin be lost (F80)', async () => {
    const bake = suiteOf([SMOKE], { name: 'bake', match: { application: ['orders'], hook: ['AllowTraffic'] } });
    const suites = [SUITE, bake];
    expect((await play({ suites })).bakes).toEqual(['d-ABCDE1234']);
    expect((await play()).bakes).toEqual([]);
    expect((await play({ suites, deployment: aHookedDeployment({}, 'AfterAllowTraffic') })).bakes).toEqual([]);
    expect((await play({ suites, deployment: aHookedDeployment({ creator: 'codeDeployRollback' }) })).bakes).toEqual(
      [],
    );
    const ecs = aHookedDeployment({ computePlatform: 'ECS' });
    expect((await play({ suites, deployment: ecs })).bakes).toEqual([]);
  });

  it('is not kept from its verdict where that cannot be said', async () => {
    const bake = suiteOf([SMOKE], { name: 'bake', match: { hook: ['AllowTraffic'] } });
    const suites = [SUITE, bake];
    const step = (await play({ suites })).steps.findIndex((call) => call.endsWith('SendMessageBatch'));
    const outcome = await play({ suites, blow: { step, kind: 'failed', tookEffect: false } });
    expect(outcome.bakes).toEqual([]);
    expect(lines(outcome, 'not said that traffic is to be watched')).toHaveLength(1);
    expect(statuses(outcome)).toEqual(['Succeeded']);
  });

  it('tells samples when the deployment began, which is before its hook', async () => {
    const createTime = TEN_O_CLOCK / 1000 - 600;
    const asked: SampleRequest[] = [];
    await play({
      deployment: aHookedDeployment({ createTime }),
      sample: (request, now) => {
        asked.push(request);
        return sampled('pass', 'fine')(request, now);
      },
    });
    expect(asked.map(({ deployedAt }) => deployedAt)).toEqual([TEN_O_CLOCK - 600_000]);
  });

  it('fails a deployment that no suite matches, unless a rule of the owner’s allows it', async () => {
    const refused = await play({ suites: [suiteOf([SMOKE], { match: { application: ['others'] } })] });
    expect(statuses(refused)).toEqual(['Failed']);
    expect(conclusionOf(refused)).toMatchObject({ why: { kind: 'no-suite' } });
    const allowed = await play({
      suites: [],
      rules: [{ name: 'young', match: { application: ['ord*'] }, allow: ['no-suite'] }],
    });
    expect(statuses(allowed)).toEqual(['Succeeded']);
    expect(conclusionOf(allowed)).toMatchObject({ allowedBy: 'young' });
    const elsewhere = await play({
      suites: [],
      rules: [{ name: 'young', match: { group: ['test'] }, allow: ['no-suite'] }],
    });
    expect(statuses(elsewhere)).toEqual(['Failed']);
  });

  it('waits for CodeDeploy to show what it has begun', async () => {
    const deployment = aHookedDeployment();
    deployment.troubles.set('ListDeploymentTargets', Array<string>(4).fill('DeploymentNotStartedException'));
    const outcome = await play({ deployment });
    expect(statuses(outcome)).toEqual(['Succeeded']);
    expect(outcome.record()?.run.hook).toBe('BeforeAllowTraffic');
  });

  it('says of a hook that CodeDeploy does not name that it is unknown, and fails it', async () => {
    const deployment = aHookedDeployment();
    deployment.events.push({ name: 'AfterAllowTraffic', status: 'InProgress' });
    const outcome = await play({ deployment, suites: [suiteOf([SMOKE], { match: { hook: ['AfterAllowTraffic'] } })] });
    expect(statuses(outcome)).toEqual(['Failed']);
    expect(conclusionOf(outcome)?.why.kind).toBe('not-begun');
    expect(conclusionOf(outcome)?.says).toContain('BeforeAllowTraffic and AfterAllowTraffic are in progress');
  });

  it('runs a suite that is for every hook where it is unknown which it is', async () => {
    const deployment = aHookedDeployment();
    deployment.events.push({ name: 'AfterAllowTraffic', status: 'InProgress' });
    const outcome = await play({ deployment });
    expect(statuses(outcome)).toEqual(['Succeeded']);
    expect(outcome.record()?.run).not.toHaveProperty('hook');
    expect(outcome.samples).toBe(1);
  });

  it('fails in seconds what it may not read (F57)', async () => {
    const deployment = aHookedDeployment();
    deployment.troubles.set('GetDeployment', ['AccessDeniedException']);
    const outcome = await play({ deployment });
    expect(statuses(outcome)).toEqual(['Failed']);
    expect(tookMs(outcome)).toBeLessThan(5 * SECOND);
    expect(conclusionOf(outcome)?.says).toContain('lacks a permission');
  });

  it('tells in seconds that it may not tell, and goes on trying (F57)', async () => {
    const deployment = aHookedDeployment();
    deployment.troubles.set('PutLifecycleEventHookExecutionStatus', Array<string>(5).fill('AccessDeniedException'));
    const outcome = await play({ deployment });
    expect(statuses(outcome)).toEqual(['Succeeded']);
    const [first] = lines(outcome, 'verdict not reported');
    expect(first).toMatchObject({ level: 'error', fields: { reason: 'AccessDeniedException', tries: 1 } });
  });

  it('tells the same verdict again until it is taken, later and later (F54)', async () => {
    const deployment = aHookedDeployment();
    deployment.troubles.set('PutLifecycleEventHookExecutionStatus', Array<string>(8).fill('ThrottlingException'));
    const outcome = await play({ deployment, sample: sampled('fail', 'status 500') });
    expect(statuses(outcome)).toEqual(['Failed']);
    expect(outcome.stored()?.run.state.kind).toBe('reported');
    expect(lines(outcome, 'verdict not reported').length).toBeGreaterThan(3);
    expect(lines(outcome, 'verdict not taken yet')).toHaveLength(2);
  });

  it('takes a verdict that CodeDeploy has already for its own if it is the same (F55)', async () => {
    const deployment = aHookedDeployment();
    // Told, and the answer lost.
    const { answer } = deployment;
    let isLost = false;
    const lossy = {
      ...deployment,
      answer: (operation: string, input: object, now: number) => {
        const given = answer(operation, input, now);
        if (operation === 'PutLifecycleEventHookExecutionStatus' && !isLost) {
          isLost = true;
          throw Object.assign(new Error('no'), { name: 'TimeoutError' });
        }
        return given;
      },
    };
    const outcome = await play({ deployment: lossy });
    expect(deployment.told.map(({ status }) => status)).toEqual(['Succeeded', 'Succeeded']);
    expect(outcome.stored()?.run.state.kind).toBe('reported');
    expect(lines(outcome, 'verdict moot')).toEqual([]);
  });

  it('raises the alarm when CodeDeploy has another verdict than its own (F55)', async () => {
    const deployment = aHookedDeployment();
    const outcome = await play({
      deployment,
      happens: [
        {
          afterMs: 1_500,
          work: () => {
            deployment.answer('PutLifecycleEventHookExecutionStatus', { status: 'Failed' }, TEN_O_CLOCK + 1_500);
            return Promise.resolve();
          },
        },
      ],
    });
    expect(outcome.stored()?.run.state).toMatchObject({
      kind: 'moot',
      says: 'CodeDeploy had ended the hook before, as Failed',
      conclusion: { action: 'continue' },
    });
    expect(lines(outcome, 'verdict moot')).not.toEqual([]);
    expect(outcome.record()?.run.state.kind).toBe('moot');
  });

  it('shows in the rollout’s message what failed, and in its thread what it has found', async () => {
    const outcome = await play({
      sample: (_request, now) => ({
        sample: {
          at: now,
          tookMs: 100,
          outcome: 'fail',
          says: 'status 500, expected 200',
          value: '500',
          expected: '200',
          evidence: 'GET /health\n500',
        },
      }),
    });
    const [mark] = Object.values(outcome.rollout()?.validations ?? {});
    expect(mark?.summary).toMatchObject({
      hook: 'BeforeAllowTraffic',
      state: 'rollback',
      checks: [{ name: 'smoke', verdict: 'fail', value: '500', expected: '200' }],
    });
    const notes = outcome.table.items().filter(({ key }) => key.sk.startsWith('NOTE#C1#'));
    expect(notes.map(({ body }) => deliveryItem.parse(body).note)).toEqual([
      {
        kind: 'check',
        suite: 'orders',
        check: 'smoke',
        verdict: 'fail',
        says: 'status 500, expected 200',
        evidence: 'GET /health\n500',
      },
    ]);
  });

  it('asks for an edit when a verdict changes, and for what are only figures every half minute at most', async () => {
    const often = checkOf(
      { kind: 'http', steps: [] },
      { name: 'often', sample: { warmupMs: 0, intervalMs: 5_000, count: 30, timeoutMs: 2_000 } },
    );
    const outcome = await play({ suites: [suiteOf([often])] });
    expect(outcome.samples).toBe(30);
    const item = outcome.table.items().find(({ key }) => key.sk === 'STATE');
    // Written once before, then at the begin, at the end, and about every half minute of the two and a half between.
    expect(item?.rev).toBeLessThanOrEqual(1 + 2 + 5);
    expect(item?.rev).toBeGreaterThan(5);
  });
});

describe('a run that asks people', () => {
  const POLICY = aPolicy({ match: { suite: ['orders'] } });
  const APPROVAL = checkOf({ kind: 'approval', says: 'Is it to go on?' }, { name: 'people', needs: ['smoke'] });
  const ASKING = suiteOf([SMOKE, APPROVAL], { budget: { totalMs: 20 * MINUTE, reserveMs: 5 * MINUTE } });

  const pointOf = (run: string, check: string): RunPoint => ({
    kind: 'validation',
    rollout: {
      source: 'codedeploy',
      partition: 'aws',
      account: '111122223333',
      region: 'eu-west-1',
      application: 'orders',
      group: 'prod',
      executionId: HOOK_CALL.deploymentId,
    },
    run,
    suite: 'orders',
    check,
  });

  const decides = (verdict: 'approve' | 'reject', check: string) => ({
    afterMs: 3 * MINUTE,
    work: ({ run, changeItem, lookAtRun, now }: HookPorts) =>
      createRunGates({ changeItem, lookAtRun, now }).decide(
        pointOf(run, check),
        undefined,
        verdict,
        'by ada via Slack',
      ),
  });

  const gateOf = ({ table }: HookOutcome, check: string) => {
    const run =
      table
        .items()
        .find(({ key }) => key.sk === 'RUN')
        ?.key.pk.replace(/^G#/, '') ?? '';
    const item = table.read(gateKey(gateId(pointOf(run, check))));
    return item && gateItem.parse(item.body);
  };

  it('opens a gate with the figures and its own deadline, and goes on as they decide', async () => {
    const outcome = await play({ suites: [ASKING], gates: [POLICY], happens: [decides('approve', 'people')] });
    const gate = gateOf(outcome, 'people');
    expect(gate).toMatchObject({ channels: POLICY.channels, expiresAt: outcome.stored()?.run.deadline });
    expect(gate?.request?.text).toContain('Is it to go on?');
    expect(gate?.request?.text).toContain('smoke: pass (status 200)');
    expect(statuses(outcome)).toEqual(['Succeeded']);
    expect(tookMs(outcome)).toBeGreaterThan(3 * MINUTE);
    expect(tookMs(outcome)).toBeLessThan(4 * MINUTE);
    expect(outcome.record()?.run.checks[1]?.answer).toMatchObject({ verdict: 'approve', says: 'by ada via Slack' });
  });

  const unasked = () => Promise.reject(new Error('Not asked'));
  const UNASKED = { look: unasked, decide: unasked, describe: unasked };

  /** Looks at the gate of a check as `decide` does. */
  const looksAt = (check: string, gates: readonly GatePolicy[]) => ({
    afterMs: 3 * MINUTE,
    work: ({ run, changeItem, lookAtRun, now }: HookPorts) =>
      createDecide({
        config: { slack: { workspace: 'T1', channels: {} }, environments: [], routes: [], gates },
        changeItem,
        platform: platformOf({
          approvals: unasked,
          deployments: UNASKED,
          hooks: UNASKED,
          runs: () => Promise.resolve(createRunGates({ changeItem, lookAtRun, now })),
        }),
        people: { members: unasked, profile: unasked, tell: unasked, linkTo: unasked },
        wakeUp: () => Promise.resolve(),
        clock: { now },
        log: { info: () => undefined, warn: () => undefined, error: () => undefined },
      })({ kind: 'look', gate: gateId(pointOf(run, check)) }),
  });

  it('goes on by a rule where its checks have come to what that asks for, and the record says so', async () => {
    const auto = [{ name: 'healthy', fills: [0], when: { checks: { smoke: ['pass'] } } }] as const;
    const gates = [{ ...POLICY, auto }];
    const outcome = await play({ suites: [ASKING], gates, happens: [looksAt('people', gates)] });
    expect(statuses(outcome)).toEqual(['Succeeded']);
    expect(outcome.record()?.run.checks[1]?.answer).toMatchObject({
      verdict: 'approve',
      says: 'Approved by the policy “healthy” of Gatehouse: smoke pass',
    });
    expect(gateOf(outcome, 'people')?.state).toMatchObject({ kind: 'applied', decision: { why: 'policy', by: [] } });
  });

  it('goes on by no rule that its checks do not satisfy', async () => {
    const auto = [{ name: 'healthy', fills: [0], when: { checks: { smoke: ['inconclusive'] } } }] as const;
    const gates = [{ ...POLICY, auto }];
    const outcome = await play({ suites: [ASKING], gates, happens: [looksAt('people', gates)] });
    expect(statuses(outcome)).toEqual(['Failed']);
    expect(outcome.record()?.run.checks[1]?.answer).toBeUndefined();
  });

  it('tells what its checks have come to, and nothing of those that have not ended', async () => {
    const seen: Seen[] = [];
    await play({
      suites: [ASKING],
      gates: [POLICY],
      happens: [
        {
          afterMs: 3 * MINUTE,
          work: async ({ run, changeItem, lookAtRun, now }) => {
            seen.push(await createRunGates({ changeItem, lookAtRun, now }).look(pointOf(run, 'people'), {}));
          },
        },
      ],
    });
    expect(seen).toEqual([{ kind: 'pending', checks: new Map([['smoke', 'pass']]) }]);
  });

  it('is rolled back when they reject', async () => {
    const outcome = await play({ suites: [ASKING], gates: [POLICY], happens: [decides('reject', 'people')] });
    expect(statuses(outcome)).toEqual(['Failed']);
    expect(conclusionOf(outcome)?.says).toContain('by ada via Slack');
  });

  it('is rolled back at its deadline when nobody answers, and its gate is looked at then', async () => {
    const outcome = await play({ suites: [ASKING], gates: [POLICY] });
    expect(statuses(outcome)).toEqual(['Failed']);
    expect(tookMs(outcome)).toBeGreaterThanOrEqual(20 * MINUTE);
    expect(tookMs(outcome)).toBeLessThan(20 * MINUTE + 30 * SECOND);
    expect(conclusionOf(outcome)?.why).toMatchObject({ kind: 'deadline' });
    expect(new Set(outcome.gateLooks).size).toBe(1);
    expect(outcome.gateLooks.length).toBeGreaterThan(1);
  });

  it('is rolled back at once where nobody may decide: no gate of gatehouse.yml is about its suite', async () => {
    const outcome = await play({ suites: [ASKING], gates: [aPolicy({ match: { application: ['orders'] } })] });
    expect(statuses(outcome)).toEqual(['Failed']);
    expect(tookMs(outcome)).toBeLessThan(MINUTE);
    expect(conclusionOf(outcome)?.says).toContain('Nobody may decide here');
  });

  const WATCHED = checkOf(
    { kind: 'alarms', names: ['orders-errors'] },
    { name: 'alarms', sample: { warmupMs: 0, intervalMs: 30_000, count: 1, timeoutMs: 2_000 } },
  );
  const UNSURE = suiteOf([WATCHED, SMOKE], {
    budget: { totalMs: 20 * MINUTE, reserveMs: 5 * MINUTE },
    decide: { pass: 'continue', fail: 'rollback', inconclusive: 'ask', error: 'rollback', deadline: 'rollback' },
  });
  const unsure =
    (turnsRedAfter: number) =>
    ({ check }: SampleRequest, now: number): SampleTaken =>
      check.name === 'alarms'
        ? {
            sample: {
              at: now,
              tookMs: 50,
              outcome: now - TEN_O_CLOCK > turnsRedAfter ? 'fail' : 'pass',
              says: now - TEN_O_CLOCK > turnsRedAfter ? 'orders-errors is in ALARM' : 'no alarm',
            },
            redNow: [],
          }
        : { sample: { at: now, tookMs: 50, outcome: 'nodata', says: 'no data' } };

  it('asks about the whole when its checks cannot say, and shows what they have found', async () => {
    const outcome = await play({
      suites: [UNSURE],
      gates: [POLICY],
      sample: unsure(Infinity),
      happens: [decides('approve', '')],
    });
    expect(gateOf(outcome, '')?.request?.text).toContain('smoke: inconclusive (no data)');
    expect(statuses(outcome)).toEqual(['Succeeded']);
    expect(conclusionOf(outcome)?.why).toMatchObject({ kind: 'answer', verdict: 'inconclusive' });
  });

  it('ends the wait when something fails meanwhile: its gate is over, and says why', async () => {
    const seen: Seen[] = [];
    const took: string[] = [];
    const outcome = await play({
      suites: [UNSURE],
      gates: [POLICY],
      sample: unsure(2 * MINUTE),
      happens: [
        {
          afterMs: 5 * MINUTE,
          work: async ({ run, changeItem, lookAtRun, now }) => {
            const platform = createRunGates({ changeItem, lookAtRun, now });
            seen.push(await platform.look(pointOf(run, ''), {}));
            seen.push(await platform.look({ ...pointOf(run, ''), run: 'another' }, {}));
            took.push(await platform.decide(pointOf(run, ''), undefined, 'approve', 'too late'));
          },
        },
      ],
    });
    expect(statuses(outcome)).toEqual(['Failed']);
    expect(tookMs(outcome)).toBeLessThan(4 * MINUTE);
    expect(conclusionOf(outcome)?.says).toContain('orders-errors is in ALARM');
    expect(seen).toMatchObject([
      { kind: 'ended', ending: { as: 'stopped', summary: conclusionOf(outcome)?.says } },
      { kind: 'ended', ending: { as: 'gone' } },
    ]);
    expect(took).toEqual(['over']);
  });
});
