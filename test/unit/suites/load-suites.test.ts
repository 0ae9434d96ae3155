import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compileConfig } from '../../../scripts/config/compile-config.ts';
import { readSuite } from '../../../scripts/suites/compile-suite.ts';
import { loadSuites, ofNoSuite, readSuites, suiteFiles } from '../../../scripts/suites/load-suites.ts';
import { overlapProblems } from '../../../scripts/suites/overlap-problems.ts';
import { problemLine, SuiteInvalid } from '../../../scripts/suites/suite-problem.ts';
import { chooseSuite } from '../../../shared/validation/choose-suite.ts';
import type { SuiteTarget } from '../../../shared/validation/choose-suite.ts';
import { BAKE, CODEDEPLOY_HOOKS, ECS_STAGES, HOOKS, PLATFORMS } from '../../../shared/validation/suite.ts';
import { problemsOf } from '../../support/suite-files.ts';
import { suiteOf } from '../../support/suites.ts';

const CONFIG = compileConfig('slack: { workspace: T012345, channels: { ops: C012345 } }');

let folder: string;

beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'gatehouse-')), 'suites');
  await mkdir(folder);
});

afterEach(() => rm(join(folder, '..'), { recursive: true }));

const write = (name: string, text: string) => writeFile(join(folder, name), text);

const suite = (name: string, match = '{ platform: codedeploy-lambda }', payload = '') =>
  `name: ${name}\nmatch: ${match}\nchecks: [{ name: smoke, invoke: { function: orders${payload} } }]\n`;

const problemsIn = async (): Promise<readonly string[]> => {
  try {
    await loadSuites(folder, CONFIG);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(SuiteInvalid);
    return error instanceof SuiteInvalid ? error.problems.map(problemLine) : [];
  }
};

describe('the suites of a folder', () => {
  it('are all of its YAML files, by name', async () => {
    await write('b.yml', suite('b', '{ platform: codedeploy-lambda, application: b }'));
    await write('a.yaml', suite('a', '{ platform: codedeploy-lambda, application: a }'));
    await write('README.md', 'No suite.');
    expect((await loadSuites(folder, CONFIG)).map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('are none without a folder', async () => {
    expect(await loadSuites(join(folder, 'nowhere'), CONFIG)).toEqual([]);
  });

  it('are refused with the problems of all files', async () => {
    await write('a.yml', 'name: a\n');
    await write('b.yml', 'name: [\n');
    await write('c.yml', '');
    expect(await problemsIn()).toEqual([
      'suites/a.yml:1  checks: is missing',
      'suites/b.yml:2  Flow sequence in block collection must be sufficiently indented and end with a ]',
      'suites/c.yml:1  name: is missing',
      'suites/c.yml:1  checks: is missing',
    ]);
  });

  it('are not held against one that has no name or match yet', async () => {
    await write('a.yml', suite('a', '{}'));
    await write('b.yml', suite("'b c'", '{}'));
    await write('c.yml', suite('c', '{ hook: BeforeTraffic }'));
    expect((await problemsIn()).filter((line) => line.includes('matches as well'))).toEqual([]);
  });

  it('have names of their own', async () => {
    await write('a.yml', suite('orders', '{ platform: codedeploy-lambda, group: a }'));
    await write('b.yml', suite('orders', '{ platform: codedeploy-lambda, group: b }'));
    expect(await problemsIn()).toEqual(['suites/b.yml:1  name: is already that of suites/a.yml']);
  });

  it('send what is in a file beside them, which is then a part of them', async () => {
    await mkdir(join(folder, 'payloads'));
    await write('payloads/order.json', '{ "sku": "tea", "version": "${new.version}" }');
    await write('a.yml', suite('a', undefined, ', payloadFrom: payloads/order.json'));
    const [first] = await loadSuites(folder, CONFIG);
    expect(first?.checks[0]?.probe).toMatchObject({ payload: { sku: 'tea', version: '${new.version}' } });
    await write('payloads/order.json', '{ "sku": "mug" }');
    const [second] = await loadSuites(folder, CONFIG);
    expect(second?.hash).not.toBe(first?.hash);
  });

  it.each([
    ['nowhere.json', undefined, 'there is no such file'],
    ['../order.json', '{}', 'is not the path of a .json file beside this one or in a folder there'],
    ['/etc/passwd', undefined, 'is not the path of a .json file beside this one or in a folder there'],
    ['order.json', '{ half', 'holds no JSON'],
    ['order.json', '{ "__proto__": 1 }', 'holds a key that cannot be one: every object has something of that name'],
    ['order.json', `"${'x'.repeat(20_001)}"`, 'is longer than 20000 characters of JSON'],
    [
      'order.json',
      '"xoxb-1-secret"',
      'holds what looks like a secret, which has no place there: use ${secret:name} in a payload',
    ],
  ])('do not send %s that holds %s', async (path, text, says) => {
    if (text !== undefined) {
      await write(path, text);
    }
    await write('a.yml', suite('a', undefined, `, payloadFrom: ${path}`));
    expect(await problemsIn()).toEqual([`suites/a.yml:3  checks[0].invoke.payloadFrom: ${says}`]);
  });

  it('are looked for what is wrong in a payload file, too', async () => {
    await write('order.json', '{ "a": ["${new.verison}"] }');
    await write('a.yml', suite('a', undefined, ', payloadFrom: order.json'));
    expect(await problemsIn()).toEqual([
      'suites/a.yml:3  checks[0].invoke.payloadFrom: there is no ${new.verison}, did you mean "new.version"?',
    ]);
  });

  it('are not longer with all that they send than a run can keep', async () => {
    await write('order.json', JSON.stringify('x'.repeat(19_000)));
    const checks = ['a', 'b', 'c', 'd'].map(
      (name) => `{ name: ${name}, invoke: { function: orders, payloadFrom: order.json } }`,
    );
    await write('a.yml', `name: a\nmatch: { platform: codedeploy-lambda }\nchecks: [${checks.join(', ')}]\n`);
    expect(await problemsIn()).toEqual([
      'suites/a.yml:1  the file: with what it refers to, it is longer than 60000 bytes',
    ]);
  });

  it('are what gates and rules of gatehouse.yml are about', async () => {
    const config = compileConfig(`slack: { workspace: T012345, channels: { ops: C012345 } }
people: { ada: { slack: U0ADA } }
gates:
  - { match: { suite: orders-* }, to: [{ slack: ops }], approvers: ada }
  - { name: gone, match: { suite: [web, shop] }, to: [{ slack: ops }], approvers: ada }
  - { match: { pipeline: '*' }, to: [{ slack: ops }], approvers: ada }
validation:
  rules: [{ name: pilot, match: { suite: order }, allow: observe }, { name: all, allow: observe }]
`);
    await write('a.yml', suite('orders-pre'));
    expect(ofNoSuite(config, await readSuites(await suiteFiles(folder), config))).toEqual([
      'gatehouse.yml: gone is about suites, and none of suites/ has such a name',
      'gatehouse.yml: validation rule "pilot" is about suites, and none of suites/ has such a name',
    ]);
  });
});

describe('two suites', () => {
  const equal = (a: string, b: string): boolean => {
    const read = [a, b].map((match, index) => readSuite(suite(`s${index}`, match), `${index}.yml`, {}));
    return overlapProblems(read).length > 0;
  };

  it.each([
    ['{}', '{}'],
    ['{ application: a }', '{ application: [b, a] }'],
    ['{ application: orders-* }', "{ application: '*-api' }"],
    ['{ application: a }', '{ group: prod }'],
    ['{ application: a, group: p* }', '{ application: a*, group: prod }'],
    ['{ hook: [BeforeAllowTraffic, AfterAllowTraffic] }', '{ hook: AfterAllowTraffic }'],
    ['{ platform: codedeploy-lambda }', '{ application: a* }'],
    ["{ group: 'a?' }", "{ group: '?b' }"],
  ])('that match equally are refused: %s and %s', (a, b) => {
    expect([equal(a, b), equal(b, a)]).toEqual([true, true]);
  });

  it.each([
    ['{}', '{ application: a }'],
    ['{ application: a }', '{ application: b }'],
    ['{ application: a }', '{ application: a* }'],
    ['{ application: a, group: prod }', '{ application: a, group: p* }'],
    ['{ hook: BeforeAllowTraffic }', '{ hook: AfterAllowTraffic }'],
    ['{ platform: codedeploy-lambda, group: a }', '{ platform: codedeploy-ecs, group: a }'],
  ])('of which one is more specific, or that never meet, may be there together: %s and %s', (a, b) => {
    expect([equal(a, b), equal(b, a)]).toEqual([false, false]);
  });
});

describe('the choice between two suites', () => {
  // One for each way in which the globs below meet, and each name that is one of them.
  const names = ['a', 'ab', 'b', 'c', 'ac', 'xb', 'acb'];
  const globs = fc.option(fc.array(fc.constantFrom('a', 'ab', 'b', 'a*', '*b', '*'), { minLength: 1, maxLength: 2 }), {
    nil: undefined,
  });
  const match = fc.record({
    platform: fc.option(fc.constantFrom(...PLATFORMS), { nil: undefined }),
    application: globs,
    group: globs,
    cluster: globs,
    service: globs,
    pipeline: globs,
    stage: globs,
    action: globs,
    hook: fc.option(fc.subarray([...HOOKS], { minLength: 1 }), { nil: undefined }),
  });

  const lambdaHooks = ['BeforeAllowTraffic', BAKE, 'AfterAllowTraffic'] as const;
  const pairs = names.flatMap((one) => names.map((other) => [one, other] as const));
  const targets: readonly SuiteTarget[] = pairs.flatMap(([one, other]): readonly SuiteTarget[] => [
    ...lambdaHooks.map((hook) => ({ platform: 'codedeploy-lambda', application: one, group: other, hook }) as const),
    ...CODEDEPLOY_HOOKS.map((hook) => ({ platform: 'codedeploy-ecs', application: one, group: other, hook }) as const),
    ...ECS_STAGES.map((hook) => ({ platform: 'ecs-native', cluster: one, service: other, hook }) as const),
    ...names.map((action) => ({ platform: 'codepipeline', pipeline: one, stage: other, action }) as const),
  ]);

  it('is never left to the order of their files, unless they are refused', () => {
    fc.assert(
      fc.property(match, match, (one, other) => {
        const suites = [one, other].map(({ platform, application, group, hook }, index) =>
          suiteOf([], {
            name: `s${index}`,
            match: {
              ...(platform !== undefined && { platform }),
              ...(application !== undefined && { application }),
              ...(group !== undefined && { group }),
              ...(hook !== undefined && { hook }),
            },
          }),
        );
        const read = suites.map((suite) => ({
          ...readSuite('', `${suite.name}.yml`, {}),
          suite,
          isWrongAt: () => false,
        }));
        const turned = [...suites].reverse();
        const isOpen = targets.some(
          (target) => chooseSuite(target, suites)?.name !== chooseSuite(target, turned)?.name,
        );
        expect(overlapProblems(read).length > 0).toBe(isOpen);
      }),
      { numRuns: 500 },
    );
  });
});

describe('whatever stands in a file', () => {
  it('it is told in words, and nothing is thrown that is no answer', () => {
    const key = fc.constantFrom(
      'name',
      'match',
      'checks',
      'decide',
      'http',
      'expect',
      'sample',
      'url',
      '__proto__',
      'x',
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom('a', '${x}', '${', '', 5, -1, null, true, 'live', '5m'),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(key, tie('tree'), { maxKeys: 4 }),
      ),
    }));
    fc.assert(
      fc.property(fc.dictionary(key, tree), (value) => {
        const problems = problemsOf(JSON.stringify(value));
        expect(problems.every((line) => /^suites\/test\.yml:\d+ {2}\S/.test(line) && !line.includes('undefined'))).toBe(
          true,
        );
      }),
      { numRuns: 300 },
    );
  });

  it('no secret is printed', () => {
    const token = 'xoxb-1-secret';
    const problems = problemsOf(
      `name: ${token}\nchecks:\n  - { name: a, invoke: { function: ${token}, payload: '${token}' } }\n`,
    );
    expect(problems.length).toBeGreaterThan(2);
    expect(problems.join('\n')).not.toContain(token);
  });

  it('aliases in YAML cannot make much of little (B67)', () => {
    const bomb = [
      'a: &a [x, x, x, x, x, x, x, x, x]',
      ...'bcdefgh'
        .split('')
        .map(
          (name, index) =>
            `${name}: &${name} [${Array.from({ length: 9 }, () => `*${'abcdefgh'[index] ?? ''}`).join(', ')}]`,
        ),
    ].join('\n');
    expect(problemsOf(bomb)).toEqual([
      'suites/test.yml:1  the file: an alias (*name) leads nowhere, or there are too many of them',
    ]);
  });

  it('it has a bound', () => {
    expect(problemsOf(`name: a\n# ${'x'.repeat(60_000)}`)).toEqual([
      'suites/test.yml:1  the file: is longer than 60000 bytes',
    ]);
  });
});
