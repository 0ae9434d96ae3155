import { describe, expect, it } from 'vitest';
import type { Run, RunState, Why } from '../../../shared/validation/run.ts';
import { runItem } from '../../../shared/validation/stored-run.ts';
import type { Probe } from '../../../shared/validation/suite.ts';
import { TEN_O_CLOCK } from '../../support/rollouts.ts';
import {
  aCheck,
  aCompareCheck,
  allowing,
  anAlarmsCheck,
  anApproval,
  aMetricCheck,
  aRun,
  aSample,
  lookAt,
} from '../../support/runs.ts';
import { checkOf } from '../../support/suites.ts';

const PLACE = { partition: 'aws', account: '111122223333', region: 'eu-west-1' };

const stored = (body: unknown): unknown => runItem.parse(JSON.parse(JSON.stringify(body)));

const PROBES: readonly Probe[] = [
  {
    kind: 'invoke',
    function: 'orders',
    qualifiers: ['${old.version}', '${new.version}'],
    payload: { path: '/health', deep: [1, true, null, { a: 'b' }] },
    logTail: true,
    ignore: ['requestId'],
  },
  {
    kind: 'http',
    steps: [
      { id: 'login', method: 'POST', url: 'https://web.example.com', headers: { a: 'b' }, redirect: 'error' },
      {
        id: 'cart',
        method: 'PUT',
        url: 'https://web.example.com',
        headers: {},
        body: { kind: 'json', value: { n: 1 } },
        redirect: 'follow',
      },
      {
        id: 'text',
        method: 'PUT',
        url: 'https://web.example.com',
        headers: {},
        body: { kind: 'text', text: 'x' },
        redirect: 'manual',
      },
    ],
  },
  { kind: 'logs', group: '/aws/lambda/orders', streamPrefix: '2026', pattern: 'ERROR' },
  { kind: 'targetHealth', targetGroup: '${new.targetGroup}' },
  {
    kind: 'calendar',
    hours: [{ days: [1, 2], from: 540, to: 960, tz: 'Europe/London' }],
    freeze: [{ from: 1, to: 2, why: 'Christmas' }],
    ssm: ['prod'],
  },
  { kind: 'lambda', function: 'check-orders', input: ['x'] },
  { kind: 'approval', says: 'Go?' },
];

const everyCheck = [
  aCheck({
    expect: [
      { path: 'status', op: 'in', value: [200, 204], step: 'login' },
      { path: 'body', op: 'exists' },
    ],
    limits: {
      failures: 1,
      consecutiveFailures: 2,
      consecutiveErrors: 3,
      noData: 4,
      minSamples: 5,
      consecutivePasses: 6,
    },
    severity: 'advisory',
    mode: 'observe',
    onNoData: 'pass',
    needs: ['alarms'],
  }),
  anAlarmsCheck(),
  aMetricCheck(),
  aCompareCheck({ between: 'pass' }, { expected: { perMinute: 300, baselineRate: 0.01, worseRate: 0.02 } }),
  aCompareCheck(
    {},
    {
      of: { kind: 'distribution', series: { namespace: 'AWS/Lambda', metric: 'Duration', stat: 'p95' } },
      baselines: [{ kind: 'before-deployment', forMs: 1_800_000 }, { kind: 'old-version' }],
    },
  ),
  anApproval(),
  ...PROBES.map((probe) => checkOf(probe)),
];

const aFullRun = (): Run => ({
  ...aRun(
    everyCheck,
    {
      match: { platform: 'codedeploy-ecs', application: ['*'], group: ['prod'], hook: ['AfterInstall'] },
      vars: { a: 'b' },
      mode: 'observe',
    },
    allowing('observe', 'no-data-pass'),
  ),
  answer: { verdict: 'reject', says: 'Ada', at: TEN_O_CLOCK },
  checks: [
    {
      samples: [
        aSample('fail', {
          value: '1',
          expected: '2',
          evidence: 'GET /',
          link: 'https://aws.amazon.com',
          lost: '0.0.0',
        }),
      ],
      inFlight: { id: '0.1.0', by: 'worker-1', at: 1, until: 2 },
      from: 1,
      nextAt: 2,
      redBefore: ['orders-5xx'],
      answer: { verdict: 'approve', says: 'Ada', at: TEN_O_CLOCK },
    },
    { samples: [], end: { as: 'skipped', at: 3 } },
    { samples: [aSample('between')], end: { as: 'inconclusive', at: 3 } },
  ],
});

describe('a run in the table', () => {
  it('is read as it was written, with all that it can hold', () => {
    const body = { run: aFullRun(), dueAt: TEN_O_CLOCK };
    expect(stored(body)).toEqual(body);
    const { run } = lookAt(aRun([aCheck()]), 0);
    expect(stored({ run })).toEqual({ run });
  });

  it.each<Why>([
    { kind: 'verdict', verdict: 'pass' },
    { kind: 'answer', verdict: 'error', answer: { verdict: 'approve', says: 'Ada', at: 1 } },
    { kind: 'deadline', verdict: 'inconclusive' },
    { kind: 'rollback' },
    { kind: 'no-suite' },
    { kind: 'vacuous' },
    { kind: 'not-begun', says: 'no' },
  ])('keeps why it ended: $kind', (why) => {
    const conclusion = { action: 'continue', why, allowedBy: 'x', shadow: 'rollback', says: 'y', at: 1 } as const;
    const states: readonly RunState[] = [
      { kind: 'decided', conclusion, reports: 2, nextAt: 3 },
      { kind: 'reported', conclusion, at: 4 },
      { kind: 'moot', conclusion, says: 'z', at: 5 },
      { kind: 'overtaken', conclusion, says: 'z', at: 5 },
      { kind: 'asking', verdict: 'error', at: 6 },
    ];
    for (const state of states) {
      const body = { run: { ...aFullRun(), state } };
      expect(stored(body)).toEqual(body);
    }
  });

  it.each<Pick<Run, 'call' | 'rollout'>>([
    {
      call: { kind: 'ecs-hook', executionId: 'e', weights: '10' },
      rollout: { source: 'ecs', ...PLACE, cluster: 'prod', service: 'web', executionId: 'EZe5RN' },
    },
    {
      call: { kind: 'codepipeline-job', jobId: 'j', turn: 1 },
      rollout: { source: 'codepipeline', ...PLACE, name: 'shop', executionId: 'x' },
    },
    {
      call: { kind: 'bake', weight: 10, step: 1, of: 9, since: 1_000 },
      rollout: { source: 'codedeploy', ...PLACE, application: 'shop', group: 'prod', executionId: 'd-1' },
    },
  ])('keeps by which door it was asked for: $call.kind', (asked) => {
    const body = { run: { ...aFullRun(), ...asked } };
    expect(stored(body)).toEqual(body);
  });

  it('is due when it is to be looked at, and no more once it is over', () => {
    const run = aRun([aCheck()]);
    expect(runItem.due?.({ run, dueAt: 7 })).toEqual({ kind: 'run', at: 7 });
    expect(runItem.due?.({ run })).toBeUndefined();
  });

  it('is not taken for one where it is none', () => {
    expect(() => stored({ run: { ...aFullRun(), deadline: 'soon' } })).toThrow('Expected number but received "soon"');
  });
});
