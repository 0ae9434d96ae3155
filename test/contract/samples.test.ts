import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { fold } from '../../shared/rollout/fold.ts';
import { overviewOf } from '../../shared/rollout/overview.ts';
import { parseEventText } from '../../shared/rollout/parse-event.ts';
import type { Rollout, StateChange } from '../../shared/rollout/rollout.ts';

const folder = join(import.meta.dirname, '../../events');
const paths = globSync('**/*.json', { cwd: folder }).sort();

const textOf = (path: string): string => readFileSync(join(folder, path), 'utf8');

const changeOf = (path: string): StateChange => {
  const parsed = parseEventText(textOf(path));
  if (parsed.kind !== 'change') {
    throw new Error(`${path}: ${parsed.kind}, ${parsed.reason}`);
  }
  return parsed.change;
};

const Sample = v.object({ id: v.string(), 'detail-type': v.string(), detail: v.object({ state: v.string() }) });

const samples = paths.map((path) => v.parse(Sample, JSON.parse(textOf(path))));

const statesOf = (level: string): readonly string[] =>
  [
    ...new Set(
      samples
        .filter((sample) => sample['detail-type'] === `CodePipeline ${level} Execution State Change`)
        .map((sample) => sample.detail.state),
    ),
  ].sort();

const run = (story: string): readonly StateChange[] =>
  paths.filter((path) => path.startsWith(join('runs', story) + '/')).map(changeOf);

describe('the sample events', () => {
  it.each(paths)('holds in %s a state change', (path) => {
    expect(changeOf(path).rollout.source).toBe('codepipeline');
  });

  it.each([
    ['Pipeline', ['CANCELED', 'FAILED', 'RESUMED', 'STARTED', 'STOPPED', 'STOPPING', 'SUCCEEDED', 'SUPERSEDED']],
    ['Stage', ['CANCELED', 'FAILED', 'RESUMED', 'STARTED', 'STOPPED', 'STOPPING', 'SUCCEEDED']],
    ['Action', ['ABANDONED', 'CANCELED', 'FAILED', 'STARTED', 'SUCCEEDED']],
  ])('show every documented state of the %s level', (level, states) => {
    expect(statesOf(level)).toEqual(states);
  });

  it('have each an id of its own', () => {
    expect(new Set(samples.map(({ id }) => id)).size).toBe(samples.length);
  });

  it('write the attempt as AWS does, which no JSON writer keeps', () => {
    const attempts = paths.map((path) => /"pipeline-execution-attempt": (.*)/.exec(textOf(path))?.[1]);
    expect([...new Set(attempts)].sort()).toEqual(['0.0', '1.0', '2.0']);
  });

  it('stand alone: each loose file is a rollout of its own', () => {
    const loose = paths
      .filter((path) => path.startsWith('codepipeline'))
      .map((path) => changeOf(path).rollout.executionId);
    expect(new Set(loose).size).toBe(loose.length);
  });
});

describe('a run', () => {
  it.each([
    ['success', 'succeeded', 1, ['Source', 'Build', 'Deploy']],
    ['failure-and-retry', 'succeeded', 2, ['Source', 'Build', 'Deploy']],
    ['approval', 'succeeded', 1, ['Source', 'Build', 'Approve', 'Deploy']],
    ['stopped', 'stopped', 1, ['Source', 'Build']],
    ['superseded', 'superseded', 1, ['Source', 'Build']],
  ])('of %s is one rollout that ends %s', (story, state, attempt, stages) => {
    const changes = run(story);
    const rollout = changes.reduce<Rollout | undefined>(fold, undefined);
    const overview = rollout && overviewOf(rollout);
    expect(new Set(changes.map((change) => change.rollout.executionId)).size).toBe(1);
    expect({
      state: overview?.state,
      attempt: overview?.attempt,
      stages: overview?.stages.map(({ stage }) => stage),
      failures: overview?.failures,
    }).toEqual({ state, attempt, stages, failures: [] });
  });

  it.each(['success', 'failure-and-retry', 'approval', 'stopped', 'superseded'])('of %s is in order', (story) => {
    const times = run(story).map(({ version }) => version.time);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });
});
