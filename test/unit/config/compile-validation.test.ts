import { describe, expect, it } from 'vitest';
import { compileConfig, ConfigInvalid } from '../../../scripts/config/compile-config.ts';

const HEAD = `slack: { workspace: T012345, channels: { approvals: C012345 } }
people: { ada: { slack: U0ADA } }
`;

const problemsOf = (more: string): readonly string[] => {
  try {
    compileConfig(HEAD + more);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigInvalid);
    return error instanceof ConfigInvalid ? error.problems : [];
  }
};

describe('the validation of gatehouse.yml', () => {
  it('reaches nothing and allows nothing where it says nothing', () => {
    expect(compileConfig(HEAD)).not.toHaveProperty('validation');
    expect(
      compileConfig(`${HEAD}validation: { http: { hosts: [a.b], private: [], ports: [] } }`).validation?.http,
    ).toEqual({
      hosts: ['a.b'],
      privateHosts: [],
      ports: [],
    });
    expect(compileConfig(`${HEAD}validation: {}`).validation).toEqual({
      http: { hosts: [], privateHosts: [], ports: [] },
      secrets: {},
      rules: [],
    });
  });

  it('says all that there is to say', () => {
    const { validation } = compileConfig(`${HEAD}validation:
  http: { hosts: ['*.example.com', web.internal], private: web.*, ports: [8443] }
  secrets: { synthetic: /gatehouse/prod/synthetic-user }
  rules:
    - name: pilot
      match: { suite: pilot-*, application: [a, b], group: prod, account: '111122223333', region: eu-* }
      allow: [observe, empty, no-suite, deadline-continue, inconclusive-continue, no-data-pass, between-pass]
    - { name: everywhere, allow: no-suite }
`);
    expect(validation).toEqual({
      http: { hosts: ['*.example.com', 'web.internal'], privateHosts: ['web.*'], ports: [8443] },
      secrets: { synthetic: '/gatehouse/prod/synthetic-user' },
      rules: [
        {
          name: 'pilot',
          match: {
            suite: ['pilot-*'],
            application: ['a', 'b'],
            group: ['prod'],
            account: ['111122223333'],
            region: ['eu-*'],
          },
          allow: [
            'observe',
            'empty',
            'no-suite',
            'deadline-continue',
            'inconclusive-continue',
            'no-data-pass',
            'between-pass',
          ],
        },
        { name: 'everywhere', match: {}, allow: ['no-suite'] },
      ],
    });
  });

  const HOST =
    'is not the name of a host, or a glob of such names (lower case, no scheme, no port, and not all there are)';

  it.each([
    ["http: { hosts: '*' }", `http.hosts: ${HOST}`],
    ["http: { hosts: '***' }", `http.hosts: ${HOST}`],
    ['http: { hosts: [https://web.example.com] }', `http.hosts[0]: ${HOST}`],
    ['http: { hosts: [web.example.com/a] }', `http.hosts[0]: ${HOST}`],
    ['http: { hosts: [me@web.example.com] }', `http.hosts[0]: ${HOST}`],
    ['http: { hosts: [Web.example.com] }', `http.hosts[0]: ${HOST}`],
    ['http: {}', 'http.hosts: is missing'],
    [
      'http: { hosts: [web.example.com], private: internal.* }',
      'http.private[0]: is none of the hosts that may be reached at all',
    ],
    ['http: { hosts: [web.example.com], ports: [0] }', 'http.ports[0]: is no port'],
    ['http: { hosts: [web.example.com], ports: [65536] }', 'http.ports[0]: is no port'],
    ['http: { hosts: [web.example.com], ports: [80.5] }', 'http.ports[0]: is not a whole number'],
    [
      'secrets: { synthetic: synthetic-user }',
      'secrets.synthetic: is not the name of a parameter of SSM such as /gatehouse/dev/synthetic-user',
    ],
    [
      'secrets: { synthetic: /gatehouse/* }',
      'secrets.synthetic: is not the name of a parameter of SSM such as /gatehouse/dev/synthetic-user',
    ],
    ["secrets: { 'a b': /a }", 'secrets.a b: is not a name for a secret: a letter, then letters, digits, - and _'],
    [
      'rules: [{ name: a, allow: observ }]',
      'rules[0].allow: should be one of observe, empty, no-suite, deadline-continue, inconclusive-continue, no-data-pass, between-pass, did you mean "observe"?',
    ],
    ['rules: [{ allow: observe }]', 'rules[0].name: is missing'],
    ['rules: [{ name: a, allow: observe }, { name: a, allow: empty }]', 'rules[1].name: is already that of rules[0]'],
    ['rules: []', 'rules: names no rule'],
    ['hosts: [web.example.com]', 'hosts: unknown key, it stands under "http"'],
  ])('is not { %s }', (written, says) => {
    expect(problemsOf(`validation: { ${written} }`)).toEqual([`line 3  validation.${says}`]);
  });
});

describe('a gate of gatehouse.yml', () => {
  const gate = (match: string, more = '') =>
    `gates: [{ match: { ${match} }, to: [{ slack: approvals }], approvers: ada${more} }]`;

  it('is about what suites ask', () => {
    expect(compileConfig(HEAD + gate('suite: [orders-*, web], application: orders')).gates?.[0]?.match).toEqual({
      suite: ['orders-*', 'web'],
      application: ['orders'],
    });
  });

  it.each(['pipeline: [a]', 'cluster: [a], service: [b]'])(
    'is about what they ask of pipelines and services: %s',
    (place) => {
      expect(compileConfig(HEAD + gate(`suite: [orders], ${place}`)).gates).toHaveLength(1);
    },
  );

  it.each(['stage: a', 'action: a'])('is not about a suite and where that is run: %s', (other) => {
    expect(problemsOf(gate(`suite: orders, ${other}`))).toEqual([
      'line 3  gates[0].match: has stage or action beside suite: where a suite is run it says itself',
    ]);
  });

  it('has nothing newer behind it that would supersede what a suite asks', () => {
    expect(problemsOf(gate('suite: orders', ', supersede: true'))).toEqual([
      'line 3  gates[0]: has supersede, which is for pipelines: a deployment group and a service have one deployment at a time',
    ]);
  });
});
