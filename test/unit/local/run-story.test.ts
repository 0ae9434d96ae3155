import { describe, expect, it } from 'vitest';
import { drawStory } from '../../../local/explain/draw-story.ts';
import { rolloutStory } from '../../../local/explain/rollout-story.ts';
import { runStory } from '../../../local/explain/run-story.ts';
import type { Config } from '../../../shared/config/config.ts';
import { gatePk, rolloutPk, runRecordKey } from '../../../shared/store/keys.ts';
import { recordRun } from '../../../shared/validation/run-record.ts';
import { HOOK_CALL } from '../../support/hooks.ts';
import { aRig } from '../../support/rig.ts';
import type { Run } from '../../../shared/validation/run.ts';
import { aCheck, aRun, aSample, lookAt } from '../../support/runs.ts';
import { aChange, aRollout, TEN_O_CLOCK } from '../../support/rollouts.ts';
import { checkOf, suiteOf } from '../../support/suites.ts';
import { playService } from '../../simulation/ecs-world.ts';
import { playHook } from '../../simulation/hook-world.ts';
import type { HookOutcome } from '../../simulation/hook-world.ts';

const CONFIG: Config = { slack: { workspace: 'T1', channels: { deployments: 'C1' } }, environments: [], routes: [] };

const SUITE = suiteOf([checkOf({ kind: 'http', steps: [] }, { name: 'smoke' })]);

const play = () =>
  playHook({
    suites: [SUITE],
    sample: (_request, now) => ({
      sample: {
        at: now,
        tookMs: 120,
        outcome: 'fail',
        says: 'status 500, expected 200',
        value: '500',
        expected: '200',
        evidence: 'GET https://example.com/?token=abcdefgh\n500',
      },
    }),
  });

const rowsOf = ({ table }: HookOutcome, pk: string) =>
  table
    .items()
    .filter(({ key }) => key.pk === pk)
    .map(({ key, rev, body }) => ({ sk: key.sk, rev, body }));

const runIdIn = ({ rollout }: HookOutcome): string => Object.keys(rollout()?.validations ?? {})[0] ?? '';

describe('the story of a validation', () => {
  it('tells the suite and its hash, what it was told, every sample, the verdict and who was told', async () => {
    const outcome = await play();
    const id = runIdIn(outcome);
    const story = runStory({ id, items: rowsOf(outcome, gatePk(id)) });
    expect(story).toMatchObject({
      hook: 'BeforeAllowTraffic',
      suite: 'orders',
      hash: 'a'.repeat(64),
      variables: { 'new.version': '2', 'old.version': '1' },
      checks: [
        {
          name: 'smoke',
          verdict: 'fail',
          samples: [{ outcome: 'fail', says: 'status 500, expected 200', value: '500' }],
        },
      ],
      conclusion: { action: 'rollback', says: 'smoke has failed: status 500, expected 200.' },
      report: { kind: 'reported', platform: 'CodeDeploy', says: 'Failed' },
      isRecorded: true,
    });
  });

  it('says of a hook of ECS what that was told', async () => {
    const { runs } = await playService({
      suites: [SUITE],
      steps: [{ stage: 'PRODUCTION_TRAFFIC_SHIFT', percent: 40 }],
    });
    const [first] = runs;
    const story = runStory({ id: first?.id ?? '', items: [{ sk: 'RUN', rev: 1, body: { run: first?.run } }] });
    expect(story).toMatchObject({
      hook: 'PRODUCTION_TRAFFIC_SHIFT 40 %',
      variables: { 'new.weight': '40' },
      report: { kind: 'reported', platform: 'ECS', says: 'SUCCEEDED' },
    });
  });

  it('is drawn with all of it, and without what looks like a secret (P14)', async () => {
    const outcome = await play();
    const id = runIdIn(outcome);
    const rollout = aRollout(aChange({ rollout: { ...aRun([]).rollout, account: '111122223333' } }));
    const items = rowsOf(outcome, rolloutPk({ ...aRun([]).rollout, executionId: HOOK_CALL.deploymentId }));
    const state = items.find(({ sk }) => sk === 'STATE');
    const story = rolloutStory(
      {
        id: rollout.id,
        items: [{ sk: 'STATE', rev: state?.rev ?? 1, body: { rollout, channels: ['C1'] } }],
        pauses: [],
        runs: [{ id, items: rowsOf(outcome, gatePk(id)) }],
      },
      CONFIG,
      TEN_O_CLOCK + 3_600_000,
    );
    const drawn = drawStory(story, CONFIG, false).replaceAll(/\s+/g, ' ');
    expect(drawn).toContain('Validation at BeforeAllowTraffic by orders');
    expect(drawn).toContain('old.version 1 · new.version 2');
    expect(drawn).toContain('smoke: fail, 1 of 1 sample');
    expect(drawn).toContain('fail in 120 ms: status 500, expected 200 · 500, expected 200');
    expect(drawn).toContain('rollback: smoke has failed: status 500, expected 200.');
    expect(drawn).toContain('CodeDeploy was told Failed');
    expect(drawn).not.toContain('abcdefgh');
    expect(drawn).not.toContain(HOOK_CALL.hookExecutionId);
  });

  it('tells at which step of the traffic it was, and what came of that', () => {
    const step = { kind: 'bake', weight: 20, step: 2, of: 9, since: TEN_O_CLOCK } as const;
    const begun = lookAt({ ...aRun([aCheck()]), call: step, hook: 'AllowTraffic' }, 0).run;
    const storyOf = (run: Run) => runStory({ id: 'run', items: [{ sk: 'RUN', rev: 1, body: { run } }] });
    const overtaken = lookAt(begun, 5, [{ kind: 'overtaken', says: 'The traffic has gone on to 30 %' }]).run;
    expect(storyOf(overtaken)).toMatchObject({
      hook: 'AllowTraffic 20 %',
      conclusion: null,
      report: { kind: 'overtaken', says: 'The traffic has gone on to 30 %' },
    });
    const id = begun.checks[0]?.inFlight?.id ?? '';
    const failed = lookAt(begun, 5, [{ kind: 'sampled', check: 0, id, sample: aSample('fail') }]).run;
    expect(storyOf(lookAt(failed, 6, [{ kind: 'reported', as: 'done' }]).run)).toMatchObject({
      conclusion: { action: 'rollback' },
      report: { says: 'to stop it, and to bring back what ran before' },
    });
  });

  it('says of what it cannot read that it cannot', () => {
    expect(runStory({ id: 'run', items: [{ sk: 'RUN', rev: 1, body: { run: 'from the future' } }] })).toBeUndefined();
    expect(runStory({ id: 'run', items: [] })).toBeUndefined();
  });
});

describe('the record of a run', () => {
  it('is written once: whoever writes it again changes nothing', async () => {
    const { changeItem, store } = aRig();
    const run = aRun([]);
    await recordRun(changeItem, { id: 'run', run, rev: 3 });
    const first = await store.read(runRecordKey('run'));
    await recordRun(changeItem, { id: 'run', run: { ...run, variables: { 'new.version': '8' } }, rev: 4 });
    expect(await store.read(runRecordKey('run'))).toEqual(first);
    expect(first?.rev).toBe(1);
  });
});
