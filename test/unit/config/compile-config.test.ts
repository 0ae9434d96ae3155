import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileConfig, ConfigInvalid } from '../../../scripts/config/compile-config.ts';
import { audienceOf } from '../../../shared/routing/route.ts';
import { aChange, aRolloutId } from '../../support/rollouts.ts';
import { publishedSchemas } from '../../../scripts/json-schema.ts';

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
      { match: {}, to: [{ kind: 'slack', channel: 'C012345' }] },
      {
        match: { state: ['succeeded', 'failed', 'stopped', 'canceled', 'superseded'] },
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
      'line 3  slack.channels.ops: is not a channel id such as C0123456789, which is at the bottom of the channel’s “About” tab',
      'line 5  routes[0].match.state: should be one of in-progress, stopping, waiting, succeeded, failed, stopped, canceled, superseded, abandoned, did you mean "succeeded"?',
      'line 5  routes[0].match.pipelin: unknown key, did you mean "pipeline"?',
      'line 6  routes[0].to[0].slack: no channel of that name under slack.channels, did you mean "deployments"?',
      'line 7  routes[1].to: names no destination',
      'line 8  routes[2].to[0]: names one of slack and sns',
    ]);
  });

  it('compiles every criterion, exceptions, names, stops and the default, which comes last', () => {
    const config = compileConfig(`${SLACK}
default: [{ sns: rest }]
routes:
  - name: shop
    match: { source: codedeploy, application: shop, group: [blue, green], account: '111122223333', region: eu-* }
    except: { state: [superseded, canceled] }
    to: [{ slack: ops }]
    stop: true
  - match: { stage: Deploy, action: Release, state: abandoned }
    to: [{ slack: ops }]
`);
    expect(config.routes).toEqual([
      {
        name: 'shop',
        match: {
          source: ['codedeploy'],
          application: ['shop'],
          group: ['blue', 'green'],
          account: ['111122223333'],
          region: ['eu-*'],
        },
        except: { state: ['superseded', 'canceled'] },
        to: [{ kind: 'slack', channel: 'C054321' }],
        stop: true,
      },
      {
        match: { stage: ['Deploy'], action: ['Release'], state: ['abandoned'] },
        to: [{ kind: 'slack', channel: 'C054321' }],
      },
      { match: {}, to: [{ kind: 'sns', topic: 'rest' }], fallback: true },
    ]);
  });

  it('has the default alone hear of everything where there are no routes', () => {
    expect(compileConfig(`${SLACK}default: [{ slack: ops }]`).routes).toEqual([
      { match: {}, to: [{ kind: 'slack', channel: 'C054321' }], fallback: true },
    ]);
  });

  it('compiles nicknames of accounts and regions', () => {
    const { accounts, regions } = compileConfig(`${SLACK}
accounts: { '111122223333': payments, 444455556666: shop }
regions: { eu-west-1: Ireland, us-gov-west-1: GovCloud }
`);
    expect({ accounts, regions }).toEqual({
      accounts: { '111122223333': 'payments', '444455556666': 'shop' },
      regions: { 'eu-west-1': 'Ireland', 'us-gov-west-1': 'GovCloud' },
    });
  });

  it('lets two routes name one channel', () => {
    const twice = `${SLACK}routes:\n  - to: [{ slack: ops }, { slack: ops }]\n  - to: [{ slack: ops }]\n`;
    expect(problemsOf(twice)).toEqual([]);
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

  it.each([
    ['arn:aws:sns:eu-west-1:111122223333:oncall', []],
    ['arn:aws-cn:sns:cn-north-1:111122223333:oncall', []],
    ['arn:aws-us-gov:sns:us-gov-west-1:111122223333:oncall', []],
    ['arn:aws-iso:sns:us-iso-east-1:111122223333:oncall', [expect.stringContaining('routes[0].to[0].sns: is neither')]],
    ['arn:aws-cn:sns:eu-west-1:111122223333:oncall', [expect.stringContaining('routes[0].to[0].sns: is neither')]],
    ['arn:aws:sns:us-gov-west-1:111122223333:oncall', [expect.stringContaining('routes[0].to[0].sns: is neither')]],
    ['arn:aws:sqs:eu-west-1:111122223333:oncall', [expect.stringContaining('routes[0].to[0].sns: is neither')]],
    ['releases.fifo', []],
    [`${'r'.repeat(59)}.fifo`, []],
    [`${'r'.repeat(60)}.fifo`, [expect.stringContaining('.fifo at the end for a FIFO topic')]],
    ['.fifo', [expect.stringContaining('routes[0].to[0].sns: is neither')]],
    ['releases.FIFO', [expect.stringContaining('routes[0].to[0].sns: is neither')]],
    ['releases.fifo.old', [expect.stringContaining('routes[0].to[0].sns: is neither')]],
    ['arn:aws:sns:eu-west-1:111122223333:releases.fifo', []],
    [`arn:aws:sns:eu-west-1:111122223333:${'r'.repeat(251)}.fifo`, []],
    [`arn:aws:sns:eu-west-1:111122223333:${'r'.repeat(252)}.fifo`, [expect.stringContaining('sns: is neither')]],
  ])('takes a topic of a partition that it knows, and of a region of that: %s', (topic, problems) => {
    expect(problemsOf(`${SLACK}routes: [{ to: [{ sns: '${topic}' }] }]`)).toEqual(problems);
  });

  it.each([
    [
      'a mistyped key of a route',
      'routes: [{ to: [{ slack: ops }], exept: { state: failed } }]',
      'routes[0].exept: unknown key, did you mean "except"?',
    ],
    [
      'a criterion that does not stand under match',
      'routes: [{ to: [{ slack: ops }], state: failed }]',
      'routes[0].state: unknown key, it stands under "match"',
    ],
    [
      'an exception that stands within match',
      'routes: [{ to: [{ slack: ops }], match: { except: { state: failed } } }]',
      'routes[0].match.except: unknown key, it stands beside "match"',
    ],
    [
      'keys that are known only elsewhere, all of them',
      'environments: [{ name: a, match: { pipelines: x, stat: failed } }]',
      'environments[0].match.pipelines: unknown key, did you mean "pipeline"?\nenvironments[0].match.stat: unknown key',
    ],
    [
      'a name given twice',
      'routes: [{ name: a, to: [{ slack: ops }] }, { name: a, to: [{ slack: ops }] }]',
      'routes[1].name: is already that of routes[0]',
    ],
    [
      'the name that another route has by its place',
      'routes: [{ name: route 2, to: [{ slack: ops }] }, { to: [{ slack: ops }] }]',
      'routes[0].name: is already that of routes[1]',
    ],
    [
      'the name of the default',
      'routes: [{ name: default, to: [{ slack: ops }] }]',
      'routes[0].name: is what the default is called',
    ],
    [
      'a channel by its name on the screen',
      "routes: [{ to: [{ slack: '#ops' }] }]\ndefault: [{ slack: C054321 }]",
      'routes[0].to[0].slack: no channel of that name under slack.channels, did you mean "ops"?\ndefault[0].slack: no channel of that name under slack.channels, that is the id of "ops"',
    ],
    [
      'lists of nothing',
      'routes: [{ match: { pipeline: [], state: [] }, except: {}, to: [] }]\ndefault: []',
      'routes[0].match.pipeline: names nothing\nroutes[0].match.state: names nothing\nroutes[0].except: makes an exception of everything\nroutes[0].to: names no destination\ndefault: names no destination',
    ],
    ['no routes', 'routes: []', 'routes: names no route: leave the key out for the routes that are there then'],
    [
      'what can never be',
      'routes: [{ match: { pipeline: a, application: b }, to: [{ slack: ops }] }, { match: { source: codedeploy, stage: b }, to: [{ slack: ops }] }]',
      [0, 1]
        .map(
          (route) =>
            `routes[${route}].match: matches nothing: pipeline, stage and action are of codepipeline, application and group of codedeploy, cluster, service and stage of ecs`,
        )
        .join('\n'),
    ],
    [
      'an abandoned rollout',
      'routes: [{ match: { state: abandoned }, to: [{ slack: ops }] }]',
      'routes[0].match: only an action can be abandoned: say which with "action"',
    ],
    [
      'what needs quotes',
      'routes: [{ match: { account: 111122223333, pipeline: 7 }, to: [{ slack: ops }], stop: yes }]\nregions: { eu-west-1: 1 }',
      'routes[0].match.pipeline: should be text, or a list of texts: put it in quotes\nroutes[0].match.account: should be text, or a list of texts: put it in quotes\nroutes[0].stop: should be true or false\nregions.eu-west-1: should be text: put it in quotes',
    ],
    [
      'ids that are none',
      'accounts: { 12: a }\nregions: { Ireland: eu-west-1 }\nroutes: [{ match: { region: eu-west1 }, to: [{ slack: ops }] }]',
      'accounts.12: is not an account id: 12 digits, in quotes\nregions.Ireland: is not the code of a region\nroutes[0].match.region: is neither the code of a region nor a glob',
    ],
    [
      'lists where mappings belong',
      'accounts: []\nroutes: [{ match: [], except: [state], to: [[]] }]',
      'accounts: should be a mapping of keys\nroutes[0].match: should be a mapping of keys\nroutes[0].except: should be a mapping of keys\nroutes[0].to[0]: should be a mapping of keys',
    ],
    [
      'keys that every object has',
      'constructor: a\nregions: { __proto__: b }\nroutes: [{ prototype: c, to: [{ slack: ops }] }]',
      'constructor: cannot be a key\nregions.__proto__: cannot be a key\nroutes[0].prototype: cannot be a key',
    ],
    [
      'listening to what is no topic, or a FIFO topic',
      "listen: { topics: [deployments, 'arn:aws:sns:eu-west-1:111122223333:deployments.fifo'], topic: x }",
      [
        'listen.topics[0]: is not the ARN of a standard topic (arn:aws, arn:aws-us-gov or arn:aws-cn, and a region of that partition)',
        'listen.topics[1]: is not the ARN of a standard topic (arn:aws, arn:aws-us-gov or arn:aws-cn, and a region of that partition)',
        'listen.topic: unknown key, did you mean "topics"?',
      ].join('\n'),
    ],
    [
      'a topic of the name that ours has',
      'default: [{ sns: alarms }]',
      'default[0].sns: is the topic that hears of alarms: take another name',
    ],
    ['listening to nothing', 'listen: { topics: [] }', 'listen.topics: names no topic'],
    [
      'listening to what a route publishes to',
      "listen: { topics: ['arn:aws:sns:eu-west-1:111122223333:oncall'] }\ndefault: [{ sns: 'arn:aws:sns:eu-west-1:111122223333:oncall' }]",
      'listen.topics[0]: is published to by a route: listen to topics that others publish to',
    ],
    [
      'listening in another partition than publishing',
      "default: [{ sns: 'arn:aws:sns:eu-west-1:111122223333:a' }]\nlisten: { topics: ['arn:aws-cn:sns:cn-north-1:111122223333:b'] }",
      'listen.topics[0]: is in partition aws-cn, another topic in aws: one deployment reaches one of them',
    ],
    [
      'topics of two partitions',
      'default: [{ sns: "arn:aws:sns:eu-west-1:111122223333:a" }, { sns: "arn:aws-cn:sns:cn-north-1:111122223333:a" }]',
      'default[1].sns: is in partition aws-cn, another topic in aws: one deployment reaches one of them',
    ],
  ])('says what is wrong with %s', (_name, text, problems) => {
    expect(problemsOf(`${SLACK}${text}`).map((problem) => problem.replace(/^line \d+ {2}/, ''))).toEqual(
      problems.split('\n'),
    );
  });

  it('refuses what it cannot use, whatever is written, and never breaks down', () => {
    const keys = [
      'slack',
      'workspace',
      'channels',
      'routes',
      'match',
      'except',
      'to',
      'sns',
      'state',
      'name',
      'constructor',
    ];
    const anything = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 6 },
        fc.constantFrom(null, 3, true, '', 'failed', 'T012345', 'C012345', 'releases'),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...keys), tie('value'), { maxKeys: 4 }),
      ),
    })).value;
    fc.assert(
      fc.property(anything, (value) => {
        try {
          expect(compileConfig(JSON.stringify(value))).toHaveProperty('routes');
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigInvalid);
        }
      }),
    );
  });

  it('takes no tag of CloudFormation for a value', () => {
    expect(problemsOf('slack:\n  workspace: !Ref Workspace\n  channels: {}')).toEqual(['line 2  Unresolved tag: !Ref']);
  });

  describe('with what looks like a secret', () => {
    const SAYS =
      'looks like a secret, which has no place here: it belongs into a parameter of SSM; replace it where it came from';

    it('refuses it wherever it stands, and never prints it', () => {
      const problems = problemsOf(`slack:
  workspace: T012345
  channels:
    deployments: C012345
    xoxb-1-secret: C054321
  token: xoxp-2-secret # AKIA0123456789ABCDEF
environments:
  - name: https://hooks.slack.com/services/T0/B0/secret
    match: { pipeline: [shop, ghp_0123456789012345678901234567890secret] }
routes:
  - to: [{ slack: xoxb-1-secrets }]
`);
      expect(problems).toEqual([
        `line 5  slack.channels.[secret]: ${SAYS}`,
        'line 6  slack.token: unknown key',
        `line 6  slack.token: ${SAYS}`,
        `line 6  slack: ${SAYS}`,
        'line 8  environments[0].name: is longer than 40 characters',
        `line 8  environments[0].name: ${SAYS}`,
        `line 9  environments[0].match.pipeline[1]: ${SAYS}`,
        'line 11  routes[0].to[0].slack: no channel of that name under slack.channels, did you mean "[secret]"?',
        `line 11  routes[0].to[0].slack: ${SAYS}`,
      ]);
    });

    it('prints no value of the wrong kind', () => {
      expect(problemsOf('slack: { workspace: xoxb-1-secret, channels: { a: xoxb-2-secret } }').join()).not.toContain(
        'secret"',
      );
      expect(problemsOf('slack: xoxb-1-hidden\n- xoxb-2-hidden').join()).not.toContain('hidden');
    });

    it('takes a name for a name that only begins like one', () => {
      expect(
        problemsOf(`${SLACK}routes: [{ match: { pipeline: [xapp-prod, xoxo, AKIA-shop] }, to: [{ slack: ops }] }]`),
      ).toEqual([]);
    });
  });

  it('compiles whom a route mentions to their ids', () => {
    const slack =
      'slack: { workspace: T012345, channels: { ops: C012345 }, mentions: { oncall: S012345, ada: U012345 } }';
    const { routes } = compileConfig(`${slack}
routes:
  - { to: [{ slack: ops }], mention: [oncall, ada], detail: summary }
  - { to: [{ slack: ops }], mention: ada }
`);
    expect(routes.map(({ mention, detail }) => ({ mention, detail }))).toEqual([
      { mention: ['S012345', 'U012345'], detail: 'summary' },
      { mention: ['U012345'], detail: undefined },
    ]);
  });

  it.each([
    [
      'somebody whom nobody named',
      'routes: [{ to: [{ slack: ops }], mention: [oncal] }]',
      'routes[0].mention: nobody of that name under slack.mentions',
    ],
    [
      'everybody, whom a thread does not notify',
      'routes: [{ to: [{ slack: ops }], mention: here }]',
      'routes[0].mention: Slack notifies nobody of "here" in a thread: name a user group under slack.mentions',
    ],
    ['nobody', 'routes: [{ to: [{ slack: ops }], mention: [] }]', 'routes[0].mention: names nothing'],
    [
      'somebody where there is no channel',
      'routes: [{ to: [{ sns: oncall }], mention: ada }]',
      'routes[0]: mentions somebody, and leads to no channel of Slack',
    ],
    [
      'somebody of what never fails',
      'routes: [{ match: { state: succeeded }, to: [{ slack: ops }], mention: ada }]',
      'routes[0]: mentions somebody when what it asks for has failed, and does not ask for the state "failed"',
    ],
    [
      'a detail that there is not',
      'routes: [{ to: [{ slack: ops }], detail: sumary }]',
      'routes[0].detail: should be one of summary, full, did you mean "summary"?',
    ],
  ])('refuses a route that has %s', (_, yaml, problem) => {
    const slack = SLACK.replace('} }', '}, mentions: { ada: U012345 } }');
    expect(problemsOf(`${slack}${yaml}`).map((line) => line.replace(/^line \d+ {2}/, ''))).toEqual([problem]);
  });

  it.each([
    ['B57 unknown key', 'chanels: {}', /^line 2 {2}chanels: unknown key/],
    [
      'B58 a route’s name twice',
      'routes: [{ name: a, to: [{ slack: ops }] }, { name: a, to: [{ slack: ops }] }]',
      /routes\[1\]\.name: is already that of routes\[0\]/,
    ],
    [
      'B59 topics of two partitions',
      "routes: [{ to: [{ sns: 'arn:aws:sns:eu-west-1:111122223333:a' }, { sns: 'arn:aws-cn:sns:cn-north-1:111122223333:b' }] }]",
      /routes\[0\]\.to\[1\]\.sns: is in partition aws-cn, another topic in aws/,
    ],
    [
      'B60 a channel’s name where its id belongs',
      'default: [{ slack: C012345 }]',
      /default\[0\]\.slack: no channel of that name under slack\.channels, that is the id of "deployments"/,
    ],
    ['B62 an empty list of people', 'routes: [{ to: [{ slack: ops }], mention: [] }]', /mention: names nothing/],
    ['B62 anybody at all', "routes: [{ to: [{ slack: ops }], mention: '*' }]", /mention: nobody of that name/],
    ...['https://user@example.com', 'file:///etc/passwd', 'gopher://example.com', 'http://xn--80ak6aa92e.com'].map(
      (address): [string, string, RegExp] => [
        `B63 an address where a topic belongs: ${address}`,
        `routes: [{ to: [{ sns: '${address}' }] }]`,
        /routes\[0\]\.to\[0\]\.sns: is neither/,
      ],
    ),
    ['B66 an alias of what it stands in', 'routes: &routes [*routes]', /./],
    ['B66 an include', 'routes: !include other.yml', /Unresolved tag/],
    ['B68 a secret', 'default: [{ slack: xoxb-1-secret }]', /looks like a secret/],
  ])('refuses %s', (_, yaml, problem) => {
    expect(problemsOf(`${SLACK}${yaml}`).join('\n')).toMatch(problem);
  });

  it('B61: takes no glob that keeps it busy', () => {
    const glob = `${'*a'.repeat(95)}b`;
    const { routes } = compileConfig(`${SLACK}routes: [{ match: { pipeline: '${glob}' }, to: [{ slack: ops }] }]`);
    const begin = performance.now();
    expect(audienceOf(aChange({ rollout: aRolloutId({ name: 'a'.repeat(100) }) }), routes).channels).toEqual([]);
    expect(performance.now() - begin).toBeLessThan(1_000);
  });

  it('B67: takes no aliases that grow without bound', () => {
    const bomb = [
      'a: &a [x, x, x, x, x, x, x, x, x]',
      ...'bcdefgh'.split('').map((key, i) => `${key}: &${key} [${`*${'abcdefgh'[i] ?? ''},`.repeat(9)}]`),
    ];
    expect(problemsOf(`${SLACK}${bomb.join('\n')}`)).toEqual([expect.stringContaining('too many of them')]);
  });

  it('accepts the file that is shipped', async () => {
    expect(compileConfig(await readFile('gatehouse.yml', 'utf8')).routes).toHaveLength(2);
  });
});

describe('the published JSON Schemas', () => {
  it.each([...publishedSchemas()])('%s is up to date: `npm run schema` writes it anew', async (path, schema) => {
    expect(await readFile(path, 'utf8')).toBe(schema);
  });
});
