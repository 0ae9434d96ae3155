import { describe, expect, it } from 'vitest';
import { compileConfig, ConfigInvalid } from '../../../scripts/config/compile-config.ts';

const HEAD = `slack:
  workspace: T012345
  channels: { approvals: C054321 }
  mentions: { release: S012345 }
people:
  ada: { slack: U0ADA, iam: 'arn:aws:iam::111122223333:user/ada', git: ada@example.com }
  grace: { slack: U0GRACE, iam: 'arn:aws:sts::*:assumed-role/*/grace' }
  linus: { slack: U0LINUS, git: linus@example.com }
`;

const RULES = 'rules: [{ name: ops, approvers: release }, { approvers: [ada, linus] }]';

const gateWith = (auto: string, more = 'approvers: ada') =>
  `${HEAD}gates: [{ to: [{ slack: approvals }], ${more}, auto: [${auto}] }]\n`;

const compiled = (auto: string, more?: string) => compileConfig(gateWith(auto, more)).gates?.[0]?.auto;

const problemsOf = (auto: string, more?: string): readonly string[] => {
  try {
    compileConfig(gateWith(auto, more));
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigInvalid);
    return error instanceof ConfigInvalid ? error.problems.map((one) => one.replace(/^line \d+ {2}/, '')) : [];
  }
};

describe('the rules that approve in gatehouse.yml', () => {
  it('are none where it names none', () => {
    expect(
      compileConfig(`${HEAD}gates: [{ to: [{ slack: approvals }], approvers: ada }]\n`).gates?.[0],
    ).not.toHaveProperty('auto');
  });

  it('fill the rules that they name, and all of them where they name none', () => {
    expect(compiled('{ name: all, when: { always: true } }')).toEqual([{ name: 'all', fills: [0], when: {} }]);
    expect(compiled('{ name: all, when: { always: true } }', RULES)).toMatchObject([{ fills: [0, 1] }]);
    expect(compiled('{ name: some, fill: ops, when: { always: true } }', RULES)).toMatchObject([{ fills: [0] }]);
    expect(compiled("{ name: some, fill: ['ada, linus'], when: { always: true } }", RULES)).toMatchObject([
      { fills: [1] },
    ]);
  });

  it('say all that there is to say of a commit, and of time as calendar checks do', () => {
    expect(
      compiled(`{
        name: small hours,
        when: {
          ref: [main, 'release/*'], author: ada,
          succeeded: [{ stage: Build }, { stage: Staging, action: Smoke, for: 2h }],
          validated: [{ suite: 'orders-*' }, { suite: [web, shop], verdict: continue }],
          hours: [{ days: mon-fri, from: '09:00', to: '16:00', tz: Europe/London }, { tz: UTC }],
          freeze: [{ from: '2026-12-20T18:00Z', to: '2027-01-04T06:00Z', why: holidays }]
        }
      }`),
    ).toEqual([
      {
        name: 'small hours',
        fills: [0],
        when: {
          ref: ['main', 'release/*'],
          author: ['ada'],
          succeeded: [{ stage: 'Build' }, { stage: 'Staging', action: 'Smoke', forMs: 7_200_000 }],
          validated: [
            { suite: ['orders-*'], verdict: 'pass' },
            { suite: ['web', 'shop'], verdict: 'continue' },
          ],
          hours: [
            { days: [1, 2, 3, 4, 5], from: 540, to: 960, tz: 'Europe/London' },
            { days: [1, 2, 3, 4, 5, 6, 7], from: 0, to: 1_440, tz: 'UTC' },
          ],
          freeze: [{ from: Date.UTC(2026, 11, 20, 18), to: Date.UTC(2027, 0, 4, 6), why: 'holidays' }],
        },
      },
    ]);
  });

  it('go by what people are known to start, and by ARNs', () => {
    const role = 'arn:aws:sts::*:assumed-role/deployer/*';
    expect(compiled(`{ name: jobs, when: { startedBy: [ada, '${role}'] } }`)?.[0]?.when).toEqual({
      startedBy: ['arn:aws:iam::111122223333:user/ada', role],
    });
  });

  it('go by rollbacks, and by checks where a suite asks', () => {
    expect(compiled('{ name: back, when: { rollback: true } }')?.[0]?.when).toEqual({ rollback: true });
    expect(
      compiled(
        '{ name: healthy, when: { checks: { health: pass, errors.5xx: [pass, inconclusive] } } }',
        "approvers: ada, match: { suite: 'orders-*' }",
      )?.[0]?.when,
    ).toEqual({ checks: { health: ['pass'], 'errors.5xx': ['pass', 'inconclusive'] } });
  });

  it.each([
    ['no name', '{ when: { always: true } }', 'gates[0].auto[0].name: is missing'],
    ['no criteria', '{ name: a }', 'gates[0].auto[0].when: is missing'],
    [
      'nothing to go by, which would be everything',
      '{ name: a, when: {} }',
      'gates[0].auto[0].when: asks for nothing: say { always: true } if it is to approve everything',
    ],
    [
      'always, and something else',
      '{ name: a, when: { always: true, ref: main } }',
      'gates[0].auto[0].when: says always, and asks for something: one of the two',
    ],
    ['not always', '{ name: a, when: { always: false } }', 'gates[0].auto[0].when.always: should be true'],
    ['not a rollback', '{ name: a, when: { rollback: false } }', 'gates[0].auto[0].when.rollback: should be true'],
    [
      'an unknown criterion',
      '{ name: a, when: { reff: main } }',
      'gates[0].auto[0].when.reff: unknown key, did you mean "ref"?',
    ],
    [
      'an unknown key of a stage',
      '{ name: a, when: { succeeded: [{ stage: Build, forr: 2h }] } }',
      'gates[0].auto[0].when.succeeded[0].forr: unknown key, did you mean "for"?',
    ],
    [
      'the message of a commit, which is anybody’s text',
      "{ name: a, when: { message: 'docs:*' } }",
      'gates[0].auto[0].when.message: unknown key',
    ],
    [
      'whatever there is',
      "{ name: a, when: { ref: '*' } }",
      'gates[0].auto[0].when.ref: would match anything: leave the key out',
    ],
    [
      'the author alone',
      '{ name: a, when: { author: ada } }',
      'gates[0].auto[0].when: goes by the author alone, and anybody can write any name into a commit: add ref, with a branch that is protected',
    ],
    [
      'a commit that somebody starts',
      "{ name: a, when: { ref: main, startedBy: 'arn:aws:iam::*:user/ada' } }",
      'gates[0].auto[0].when: can never hold: of what a commit triggers, what somebody starts and what is rolled back each is another thing',
    ],
    [
      'a rollback that a commit triggers',
      '{ name: a, when: { ref: main, rollback: true } }',
      'gates[0].auto[0].when: can never hold: of what a commit triggers, what somebody starts and what is rolled back each is another thing',
    ],
    [
      'an author whom nobody knows',
      '{ name: a, when: { ref: main, author: adda } }',
      'gates[0].auto[0].when.author: nobody of that name under people, did you mean "ada"?',
    ],
    [
      'an author of no commits',
      '{ name: a, when: { ref: main, author: grace } }',
      'gates[0].auto[0].when.author: "grace" has no git under people: no commit is known to be theirs',
    ],
    [
      'an author called like what every object has',
      '{ name: a, when: { ref: main, author: constructor } }',
      'gates[0].auto[0].when.author: nobody of that name under people',
    ],
    [
      'somebody who starts things and is unknown',
      '{ name: a, when: { startedBy: lnus } }',
      'gates[0].auto[0].when.startedBy: nobody of that name under people, did you mean "linus"?',
    ],
    [
      'somebody of whom nothing is known to be started',
      '{ name: a, when: { startedBy: linus } }',
      'gates[0].auto[0].when.startedBy: "linus" has no iam under people: nothing is known to be started by them',
    ],
    [
      'an ARN of something else',
      "{ name: a, when: { startedBy: 'arn:aws:lambda:eu-west-1:111122223333:function:a' } }",
      'gates[0].auto[0].when.startedBy: is not the ARN of an IAM user or of the sessions of a role such as arn:aws:sts::*:assumed-role/deployer/*',
    ],
    [
      'checks where no suite asks',
      '{ name: a, when: { checks: { health: pass } } }',
      'gates[0].auto[0].when.checks: can never hold: the gate is not about what suites ask, see match.suite',
    ],
    [
      'hours that end before they begin',
      "{ name: a, when: { hours: [{ from: '16:00', to: '09:00', tz: UTC }] } }",
      'gates[0].auto[0].when.hours[0].to: is not behind "from": hours that go beyond midnight are two of them',
    ],
    [
      'rules to fill where there are none',
      '{ name: a, fill: ops, when: { always: true } }',
      'gates[0].auto[0].fill: has no rules to fill: leave it out, or give the gate rules',
    ],
    [
      'a name that another has',
      '{ name: a, when: { always: true } }, { name: a, when: { ref: main } }',
      'gates[0].auto[1].name: is already that of auto[0]',
    ],
    ['no rules at all', '', 'gates[0].auto: names no rule'],
  ])('refuse %s', (_, auto, problem) => {
    expect(problemsOf(auto)).toEqual([problem]);
  });

  it('refuse to go by what a session is called, which anybody can choose (S51)', () => {
    const why = 'goes by what a session is called, which is up to whoever assumes a role: name the role';
    const at = 'gates[0].auto[0].when.startedBy';
    expect(problemsOf("{ name: a, when: { startedBy: 'arn:aws:sts::111122223333:assumed-role/*/ada' } }")).toEqual([
      `${at}: ${why}`,
    ]);
    expect(problemsOf('{ name: a, when: { startedBy: grace } }')).toEqual([
      `${at}: "grace" has an iam under people that ${why}`,
    ]);
  });

  it('refuse to approve because a check has failed, or by no check', () => {
    expect(problemsOf('{ name: a, when: { checks: {} } }', "approvers: ada, match: { suite: 'orders-*' }")).toEqual([
      'gates[0].auto[0].when.checks: names no check',
    ]);
    expect(
      problemsOf('{ name: a, when: { checks: { health: fail } } }', "approvers: ada, match: { suite: 'orders-*' }"),
    ).toEqual([expect.stringContaining('gates[0].auto[0].when.checks.health: should be one of pass, inconclusive')]);
  });

  it('refuse to fill a rule that is not there, or of which there are two', () => {
    expect(problemsOf('{ name: a, fill: opps, when: { always: true } }', RULES)).toEqual([
      'gates[0].auto[0].fill: no rule of that name among the gate\'s rules, did you mean "ops"?',
    ]);
    const twice = 'rules: [{ name: ops, approvers: ada }, { name: ops, approvers: linus }]';
    expect(problemsOf('{ name: a, fill: ops, when: { always: true } }', twice)).toEqual([
      'gates[0].auto[0].fill: "ops" is what two of the gate\'s rules are called',
    ]);
  });

  it.each(['application: shop', 'group: prod', 'cluster: prod', 'service: shop', 'suite: a, application: shop'])(
    'refuse to go by what only pipelines tell where match is { %s }',
    (match) => {
      const more = `approvers: ada, match: { ${match} }`;
      const never = 'can never hold: only pipelines tell that';
      expect(problemsOf('{ name: a, when: { ref: main, author: ada } }', more)).toEqual([
        `gates[0].auto[0].when.ref: ${never}`,
        `gates[0].auto[0].when.author: ${never}`,
      ]);
      expect(problemsOf('{ name: a, when: { startedBy: ada } }', more)).toHaveLength(1);
      expect(problemsOf('{ name: a, when: { succeeded: [{ stage: Build }] } }', more)).toHaveLength(1);
      expect(problemsOf('{ name: a, when: { rollback: true } }', more)).toEqual([]);
    },
  );

  it('tell all that is wrong at once', () => {
    expect(problemsOf('{ name: a, fill: ops, when: { ref: main, author: nobody, hours: [{ tz: Mars }] } }')).toEqual([
      'gates[0].auto[0].when.hours[0].tz: is not the name of a time zone such as Europe/London or UTC',
      'gates[0].auto[0].fill: has no rules to fill: leave it out, or give the gate rules',
      'gates[0].auto[0].when.author: nobody of that name under people',
    ]);
  });

  it('are nothing that a suite can have', async () => {
    const { compileSuite } = await import('../../../scripts/suites/compile-suite.ts');
    const suite = `name: orders\nchecks: [{ name: ask, approval: { auto: [{ name: a, when: { always: true } }] } }]\n`;
    expect(() => compileSuite(suite, 'suites/orders.yml')).toThrow(/auto: unknown key/);
  });
});
