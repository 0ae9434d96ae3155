import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { compileConfig, ConfigInvalid } from '../../../scripts/config/compile-config.ts';
import { gatehouseJsonSchema, SCHEMA_PATH } from '../../../scripts/json-schema.ts';

const problemsOf = (text: string): readonly string[] => {
  try {
    compileConfig(text);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigInvalid);
    return error instanceof ConfigInvalid ? error.problems : [];
  }
};

const SLACK = 'slack: { workspace: T012345, channels: { deployments: C012345, ops: C054321 } }\n';

describe('compileConfig', () => {
  it('compiles names to ids and single values to lists', () => {
    const config = compileConfig(`${SLACK}
environments:
  - { name: production, match: { pipeline: '*-prod', account: '111122223333' } }
routes:
  - match: { pipeline: shop-*, state: failed }
    to: [{ slack: ops }, { sns: releases }]
`);
    expect(config).toEqual({
      slack: { workspace: 'T012345', channels: { deployments: 'C012345', ops: 'C054321' } },
      environments: [{ name: 'production', match: { pipeline: ['*-prod'], account: ['111122223333'] } }],
      routes: [
        {
          match: { pipeline: ['shop-*'], state: ['failed'] },
          to: [
            { kind: 'slack', channel: 'C054321' },
            { kind: 'sns', topic: 'releases' },
          ],
        },
      ],
    });
  });

  it('routes everything to Slack and what has ended to mail when it is told nothing', () => {
    expect(compileConfig(SLACK).routes).toEqual([
      { match: { pipeline: [], state: [] }, to: [{ kind: 'slack', channel: 'C012345' }] },
      {
        match: { pipeline: [], state: ['succeeded', 'failed', 'stopped', 'canceled', 'superseded'] },
        to: [{ kind: 'sns', topic: 'releases' }],
      },
    ]);
  });

  it('tells all problems at once, each with its line and path, in the order of the file', () => {
    expect(
      problemsOf(`slack:
  workspase: T012345
  channels: { deployments: C012345, ops: '#ops' }
routes:
  - match: { state: suceeded, pipelin: x }
    to: [{ slack: deployment }]
  - to: []
  - to: [{ slack: deployments, sns: releases }]
`),
    ).toEqual([
      'line 1  slack.workspace: is missing',
      'line 2  slack.workspase: unknown key, did you mean "workspace"?',
      'line 3  slack.channels.ops: is not a channel id such as C0123456789',
      'line 5  routes[0].match.state: should be one of in-progress, stopping, waiting, succeeded, failed, stopped, canceled, superseded, did you mean "succeeded"?',
      'line 5  routes[0].match.pipelin: unknown key, did you mean "pipeline"?',
      'line 6  routes[0].to[0].slack: no channel of that name under slack.channels, did you mean "deployments"?',
      'line 7  routes[1].to: names no destination',
      'line 8  routes[2].to[0]: names one of slack and sns',
    ]);
  });

  it('hints at the channel that was meant', () => {
    expect(problemsOf(`${SLACK}routes:\n  - to: [{ slack: deployment }]\n`)).toEqual([
      'line 3  routes[0].to[0].slack: no channel of that name under slack.channels, did you mean "deployments"?',
    ]);
  });

  it('refuses one channel under two names', () => {
    expect(problemsOf('slack: { workspace: T012345, channels: { a: C012345, b: C012345 } }')).toEqual([
      'line 1  slack.channels.b: is the same channel as "a"',
    ]);
  });

  it.each([
    ['an empty file', '', ['line 1  slack: is missing']],
    ['a scalar', '3', ['line 1  the file: should be a mapping of keys']],
    ['a list', '[]', ['line 1  the file: should be a mapping of keys']],
    ['a key given twice', `${SLACK}${SLACK}`, ['line 2  Map keys must be unique']],
  ])('says what is wrong with %s', (_name, text, problems) => {
    expect(problemsOf(text)).toEqual(problems);
  });

  it('refuses aliases that grow without bound', () => {
    const bomb = [
      'a: &a [x]',
      ...'bcdefgh'.split('').map((key, i) => `${key}: &${key} [${`*${'abcdefgh'[i] ?? ''},`.repeat(9)}]`),
    ];
    expect(problemsOf(bomb.join('\n'))).toEqual([expect.stringContaining('alias')]);
  });

  it('never prints a value, which may be a secret in the wrong place', () => {
    expect(problemsOf('slack: { workspace: xoxb-1-secret, channels: { a: xoxb-2-secret } }').join()).not.toContain(
      'secret',
    );
  });

  it('accepts the file that is shipped', async () => {
    expect(compileConfig(await readFile('gatehouse.yml', 'utf8')).routes).toHaveLength(2);
  });
});

describe('the published JSON Schema', () => {
  it('is the one that the compiler checks by: `npm run schema` writes it anew', async () => {
    expect(await readFile(SCHEMA_PATH, 'utf8')).toBe(gatehouseJsonSchema());
  });
});
