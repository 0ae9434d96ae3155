import { describe, expect, it } from 'vitest';
import { compileConfig } from '../../../scripts/config/compile-config.ts';
import { readSuite } from '../../../scripts/suites/compile-suite.ts';
import { problemsOf } from '../../support/suite-files.ts';

const configOf = (more: string) =>
  compileConfig(`slack: { workspace: T012345, channels: { approvals: C012345 } }
people: { ada: { slack: U0ADA } }
${more}`);

const CONFIG =
  configOf(`gates: [{ match: { suite: 'asks-*', group: prod }, to: [{ slack: approvals }], approvers: ada }]
validation:
  http: { hosts: [web.example.com, '*.shop.example'], ports: [8443] }
  secrets: { synthetic: /gatehouse/synthetic }
`);

const PROBE = 'invoke: { function: orders }';

const HTTP = "http: { url: 'https://web.example.com/' }";

const ERRORS =
  'metric: { namespace: AWS/Lambda, metric: Errors, stat: Sum }, expect: [{ path: value, op: eq, value: 0 }]';

const METRIC = `${ERRORS}, sample: { warmup: 2m }`;

/** What is wrong with the checks of a suite of a Lambda deployment, each given without its braces. */
const wrongWith = (checks: readonly string[], more = '', config = CONFIG): readonly string[] =>
  problemsOf(
    `name: test
match: { platform: codedeploy-lambda }
${more}
checks:
${checks.map((check, index) => `  - { ${check.includes('name:') ? '' : `name: c${index}, `}${check} }`).join('\n')}
`,
    { config },
  ).map((line) => line.replace(/^suites\/test\.yml:\d+ {2}/, ''));

describe('the time of a suite', () => {
  it('is what its checks may take one after the other, and no more than its budget (B64)', () => {
    const check = `name: slow, ${PROBE}, sample: { warmup: 1m, interval: 1m, count: 9, timeout: 30s }`;
    expect(wrongWith([check])).toEqual([]);
    expect(wrongWith([check.replace('count: 9', 'count: 10')])).toEqual([
      'checks[0]: may take 10m 30s, and budget.total is 10m',
    ]);
    expect(wrongWith([check, `name: next, ${PROBE}, needs: slow`, `name: last, ${PROBE}, needs: next`])).toEqual([]);
    expect(
      wrongWith([check, `name: next, ${PROBE}, needs: slow, sample: { timeout: 30s, count: 2, interval: 5s }`]),
    ).toEqual(['checks[1]: may take 10m 30s, with what it needs, and budget.total is 10m']);
  });

  it('counts a timeout that is longer than the interval: no two samples are taken at once (B64)', () => {
    expect(wrongWith([`${PROBE}, sample: { interval: 1s, timeout: 20s, count: 31 }`])).toEqual([
      'checks[0]: may take 10m 20s, and budget.total is 10m',
    ]);
    expect(wrongWith([`${PROBE}, sample: { timeout: 31s }`])).toEqual(['checks[0].sample.timeout: is longer than 30s']);
  });

  it('leaves what it reserves of the hour that CodeDeploy waits', () => {
    expect(wrongWith([PROBE], 'budget: { total: 50m, reserve: 10m }')).toEqual([]);
    expect(wrongWith([PROBE], 'budget: { total: 51m, reserve: 10m }')).toEqual([
      'budget: total 51m and reserve 10m are more than the hour that CodeDeploy waits: total can be 50m at most',
    ]);
    expect(wrongWith([PROBE], 'budget: { total: 24h, reserve: 4m }')).toEqual([
      'budget.total: is longer than 23h',
      'budget.reserve: is shorter than 5m',
    ]);
  });

  it('is as long as all the platforms wait that may ask for it', () => {
    const of = (match: string, total: string) =>
      problemsOf(
        `name: test\nmatch: { ${match} }\nbudget: { total: ${total} }\nchecks: [{ name: a, alarms: { names: red } }]\n`,
      );
    expect(of('platform: ecs-native', '23h')).toEqual([]);
    expect(of('pipeline: shop-*', '23h')).toEqual([]);
    expect(of('hook: [BeforeAllowTraffic, POST_TEST_TRAFFIC_SHIFT]', '2h')).toEqual([
      'suites/test.yml:3  budget: total 2h and reserve 5m are more than the hour that CodeDeploy waits: total can be 55m at most',
    ]);
  });

  it('leaves people five minutes where they may be asked', () => {
    const asking = {
      decide: 'decide: { error: ask }',
      config: configOf(`gates: [{ match: { suite: '*' }, to: [{ slack: approvals }], approvers: ada }]`),
    };
    const samples = (count: number) => [`${PROBE}, sample: { interval: 10s, count: ${count} }`];
    expect(wrongWith(samples(30), asking.decide, asking.config)).toEqual([]);
    expect(wrongWith(samples(31), asking.decide, asking.config)).toEqual([
      'decide: asks people, and the checks may leave them 4m 50s of budget.total: 5m is the least',
    ]);
    expect(wrongWith(['name: people, approval: {}'], 'budget: { total: 4m }', asking.config)).toEqual([
      'checks[0]: may take 5m, and budget.total is 4m',
    ]);
  });

  it('holds a thousand samples and fifty checks, for a run is one item of the table', () => {
    const of = (count: number) => `${PROBE}, sample: { interval: 1s, timeout: 1s, count: ${count} }`;
    expect(wrongWith([of(500), of(500)])).toEqual([]);
    expect(wrongWith([of(500), of(501)])).toEqual([
      'checks: take 1001 samples altogether, 1000 are the most that a run can keep',
    ]);
    expect(wrongWith(Array.from({ length: 51 }, () => PROBE))).toEqual(['checks: are more than 50']);
  });
});

describe('a suite that tests nothing', () => {
  const NOTHING =
    'checks: hold none that is required and enforced: whatever they find, the suite would have tested nothing';

  it('is refused: without checks, or with such only as decide nothing (B65)', () => {
    expect(problemsOf('name: test\nchecks: []\n')).toEqual([`suites/test.yml:2  ${NOTHING}`]);
    expect(wrongWith([`${PROBE}, severity: advisory`])).toEqual([NOTHING]);
    expect(wrongWith([`${PROBE}, mode: observe`])).toEqual([NOTHING]);
    expect(wrongWith([`${PROBE}, mode: observe`, `${PROBE}, severity: advisory`, PROBE])).toEqual([]);
  });

  it('is let through where the owner of the environment allows it (B65)', () => {
    const rule = (match: string) => configOf(`validation: { rules: [{ name: pilot, match: ${match}, allow: empty }] }`);
    expect(wrongWith([`${PROBE}, severity: advisory`], '', rule('{ suite: te* }'))).toEqual([]);
    expect(wrongWith([`${PROBE}, severity: advisory`], '', rule('{ suite: other }'))).toEqual([NOTHING]);
  });

  it('does not come about by what is skipped: a required check needs none that decides nothing', () => {
    expect(wrongWith([`name: a, ${PROBE}, severity: advisory`, `name: b, ${PROBE}, needs: a`, PROBE])).toEqual([
      'checks[1].needs[0]: "a" decides nothing: if it does not pass, this required check would be skipped',
    ]);
    expect(
      wrongWith([`name: a, ${PROBE}, severity: advisory`, `name: b, ${PROBE}, needs: a, severity: advisory`, PROBE]),
    ).toEqual([]);
  });
});

describe('the checks of a suite', () => {
  it('do one thing each', () => {
    expect(wrongWith(['severity: required'])).toEqual([
      'checks: hold none that is required and enforced: whatever they find, the suite would have tested nothing',
      'checks[0]: does nothing: it has one of invoke, http, alarms, metric, compare, logs, targetHealth, calendar, lambda, approval',
    ]);
    expect(wrongWith([`${PROBE}, ${HTTP}`])).toEqual([
      'checks[0].http: stands beside "invoke": a check does one thing',
    ]);
  });

  it('have names of their own, and need others by them', () => {
    expect(wrongWith([`name: smoke, ${PROBE}`, `name: smoke, ${PROBE}`])).toEqual([
      'checks[1].name: is already that of checks[0]',
    ]);
    expect(wrongWith([`name: smoke, ${PROBE}`, `name: next, ${PROBE}, needs: [smok, smoke]`])).toEqual([
      'checks[1].needs[0]: no check of that name, did you mean "smoke"?',
    ]);
  });

  it('do not wait for themselves', () => {
    expect(
      wrongWith([`name: a, ${PROBE}, needs: c`, `name: b, ${PROBE}, needs: a`, `name: c, ${PROBE}, needs: b`]),
    ).toEqual([0, 1, 2].map((index) => `checks[${index}].needs: leads back to this check: it would wait for itself`));
    expect(wrongWith([`name: a, ${PROBE}, needs: a`, `name: b, ${PROBE}, needs: a`])).toEqual([
      'checks[0].needs: leads back to this check: it would wait for itself',
    ]);
  });

  it.each([
    ['failures: 3', 'failures: could never be exceeded, there are 3 samples: the check could not fail'],
    ['consecutiveFailures: 4', 'consecutiveFailures: could never be reached, there are 3 samples'],
    [
      'failures: 1, consecutiveFailures: 3',
      'consecutiveFailures: could never be reached: with 2 failures the check has failed (limits.failures)',
    ],
    ['noData: 3', 'noData: could never be exceeded, there are 3 samples'],
    ['minSamples: 4', 'minSamples: could never be reached, there are 3 samples'],
    ['consecutivePasses: 4', 'consecutivePasses: could never be reached, there are 3 samples'],
  ])('have limits that can be reached: of three samples not %s', (limits, says) => {
    expect(wrongWith([`${ERRORS}, sample: { count: 3 }, limits: { ${limits} }`])).toEqual([`checks[0].limits.${says}`]);
  });

  it.each(['failures: 2', 'failures: 1, consecutiveFailures: 2', 'noData: 2', 'minSamples: 3', 'consecutivePasses: 3'])(
    'may have of three samples %s',
    (limits) => {
      expect(wrongWith([`${ERRORS}, sample: { count: 3 }, limits: { ${limits} }`])).toEqual([]);
    },
  );

  it('speak of no data only where there can be none', () => {
    expect(wrongWith([`${PROBE}, onNoData: fail`, `${HTTP}, sample: { count: 2 }, limits: { noData: 1 }`])).toEqual([
      'checks[0].onNoData: can never come to pass: invoke always finds something',
      'checks[1].limits.noData: can never come to pass: http always finds something',
    ]);
    expect(
      wrongWith([
        `${METRIC}, onNoData: fail`,
        'alarms: { names: red }, onNoData: fail',
        'lambda: { function: own }, onNoData: fail',
      ]),
    ).toEqual([]);
  });

  it('ask people once', () => {
    const config = configOf(`gates: [{ match: { suite: test }, to: [{ slack: approvals }], approvers: ada }]`);
    expect(
      wrongWith(
        ['approval: {}, sample: { count: 2 }, limits: { failures: 1 }, expect: [], onNoData: pass'],
        '',
        config,
      ),
    ).toEqual(
      ['expect', 'sample', 'limits', 'onNoData'].map(
        (key) => `checks[0].${key}: has no meaning for people, who are asked once`,
      ),
    );
  });
});

describe('a version that is invoked', () => {
  const qualified = (qualifier: string, more = '') =>
    wrongWith([`invoke: { function: orders, qualifier: ${qualifier} }`], more);

  it('is a version: the new one, the old one, a number', () => {
    expect(
      ['"${new.version}"', '"${old.version}"', '"7"', '["${old.version}", "${new.version}"]'].flatMap((one) =>
        qualified(one),
      ),
    ).toEqual([]);
    expect(qualified('"${pinned}"', "vars: { pinned: '12' }")).toEqual([]);
  });

  it.each([
    ['live', 'is an alias, which may lead to the old version: ${new.version} or ${old.version}'],
    ['"$LATEST"', '$LATEST is no version, and nobody deploys it: ${new.version}'],
    ['"0"', 'is an alias, which may lead to the old version: ${new.version} or ${old.version}'],
    ['"v${new.version}"', 'is no version: ${new.version}, ${old.version} or a number'],
    ['"${function.alias}"', 'is no version: ${new.version}, ${old.version} or a number'],
  ])('is not %s', (qualifier, says) => {
    expect(qualified(qualifier)).toEqual([`checks[0].invoke.qualifier[0]: ${says}`]);
  });

  it('is no alias by way of a variable', () => {
    expect(qualified('"${stage}"', 'vars: { stage: live }')).toEqual([
      'checks[0].invoke.qualifier[0]: is an alias, which may lead to the old version: ${new.version} or ${old.version}',
    ]);
  });

  it('is compared with another', () => {
    expect(qualified('["${new.version}", "${new.version}"]')).toEqual([
      'checks[0].invoke.qualifier: compares a version with itself',
    ]);
    expect(wrongWith(['invoke: { function: orders, ignore: [ts] }'])).toEqual([
      'checks[0].invoke.ignore: has no meaning: one version is compared with none',
    ]);
  });

  it('is of a function that is named, and not of all there are', () => {
    expect(wrongWith(["invoke: { function: '*' }"])).toEqual([
      'checks[0].invoke.function: would let suites invoke every function of the account: name the functions, such as orders-*',
    ]);
    expect(wrongWith(['invoke: { function: orders-* }'])).toEqual([]);
  });

  it('is there only where functions are deployed', () => {
    const of = (match: string) => problemsOf(`name: test\nmatch: ${match}\nchecks: [{ name: a, ${PROBE} }]\n`);
    expect(of('{}')).toEqual([
      'suites/test.yml:3  checks[0].invoke: ${new.version} is there for codedeploy-lambda only: say match.platform: codedeploy-lambda',
    ]);
    expect(of('{ platform: codedeploy-ecs }')).toEqual([
      'suites/test.yml:3  checks[0].invoke: ${new.version} is of codedeploy-lambda, and the suite matches codedeploy-ecs',
    ]);
  });
});

describe('where an http check goes', () => {
  const url = (text: string, more = '') => wrongWith([`http: { url: '${text}' }`], more);

  it.each([
    'https://web.example.com/',
    'http://web.example.com:8443/a?b=${group}#c',
    'https://eu.shop.example',
    'http://${function.name}.shop.example/',
    'https://[2001:db8::1]/',
  ])('may be %s', (text) => {
    const config = configOf(
      "validation: { http: { hosts: [web.example.com, '*.shop.example', '2001:db8::1'], ports: [8443] } }",
    );
    expect(wrongWith([`http: { url: '${text}' }`], '', config)).toEqual([]);
  });

  it.each([
    ['https://me@web.example.com/', 'names a user: send what a header needs, as ${secret:name}'],
    ['https://me:${group}@web.example.com/', 'names a user: send what a header needs, as ${secret:name}'],
    ['file:///etc/passwd', 'is no address of the web: it begins with http:// or https://, and then a host'],
    ['gopher://web.example.com/', 'is no address of the web: it begins with http:// or https://, and then a host'],
    ['unix:/var/run/docker.sock', 'is no address of the web: it begins with http:// or https://, and then a host'],
    ['http+unix://%2Fvar%2Frun', 'is no address of the web: it begins with http:// or https://, and then a host'],
    ['//web.example.com/', 'is no address of the web: it begins with http:// or https://, and then a host'],
    ['${region}.example.com/', 'is no address of the web: it begins with http:// or https://, and then a host'],
    ['https:\\\\web.example.com', 'is no address of the web: it begins with http:// or https://, and then a host'],
    ['https://w\u0435b.example.com/', 'names a host that would be read as xn--wb-nlc.example.com: write that'],
    ['http://0x7f.1/', 'names a host that would be read as 127.0.0.1: write that'],
    ['http://2130706433/', 'names a host that would be read as 127.0.0.1: write that'],
    ['http://\uff11\uff12\uff17.0.0.1/', 'names a host that would be read as 127.0.0.1: write that'],
    ['https:///path', 'names no host'],
    ['https://web.example.com./', 'names a host that ends with a dot: write it without'],
    ['https://web.example.com:99999/', 'names no host'],
    ['https://web.example.com/a b', 'holds a space or a control character: write %20'],
    [
      'https://other.example.com/',
      'goes to other.example.com, which no entry of validation.http.hosts of gatehouse.yml allows',
    ],
    ['https://web.example.com:22/', 'goes to port 22, which validation.http.ports of gatehouse.yml does not name'],
    [
      'http://169.254.169.254/',
      'goes to 169.254.169.254, which no entry of validation.http.hosts of gatehouse.yml allows',
    ],
  ])('is not %s (B63)', (text, says) => {
    expect(url(text)).toEqual([`checks[0].http.url: ${says}`]);
  });

  it('is not hidden in a variable (B63)', () => {
    expect(url('${base}/x', "vars: { base: 'http://169.254.170.2' }")).toEqual([
      'checks[0].http.url: goes to 169.254.170.2, which no entry of validation.http.hosts of gatehouse.yml allows',
    ]);
  });

  it('is not for an answer to say', () => {
    const steps =
      "http: { steps: [{ id: login, url: 'https://web.example.com/' }, { url: 'https://${login.body.host}/' }] }";
    expect(wrongWith([steps])).toEqual([
      'checks[0].http.steps[1].url: goes to a host that ${login.body.host} says: a suite says where it goes, in letters or by a variable',
    ]);
  });

  it('is somewhere', () => {
    expect(wrongWith(['http: {}', "http: { method: POST, steps: [{ url: 'https://web.example.com/' }] }"])).toEqual([
      'checks[0].http: goes nowhere: add url, or steps',
      'checks[1].http.method: stands beside "steps": it belongs into a step',
    ]);
  });

  it('gets one body, with a method that has one', () => {
    expect(
      wrongWith([
        "http: { url: 'https://web.example.com/', json: {} }",
        "http: { url: 'https://web.example.com/', method: POST, json: {}, text: a }",
      ]),
    ).toEqual([
      'checks[0].http.json: is not sent with GET: say which method',
      'checks[1].http.text: stands beside "json": a request has one body',
    ]);
  });

  it('is sent no header that would make the request another one', () => {
    expect(wrongWith(['http: { url: \'https://web.example.com/\', headers: { Host: x, x-a: "a\\nb: c" } }'])).toEqual([
      'checks[0].http.headers.Host: is not a header that a check may send',
      'checks[0].http.headers.x-a: has more than one line',
    ]);
  });
});

describe('a template', () => {
  const names = (name: string, match = 'platform: codedeploy-lambda', config = CONFIG) =>
    problemsOf(
      `name: test\nmatch: { ${match} }\nvars: { shop.path: a }\nchecks: [{ name: a, lambda: { function: own, input: '\${${name}}' } }]\n`,
      { config },
    ).map((line) => line.replace(/^.*input: /, ''));

  it.each([
    'deployment.id',
    'application',
    'group',
    'hook',
    'region',
    'account',
    'function.name',
    'function.alias',
    'old.version',
    'new.version',
    'new.weight',
    'shop.path',
    'secret:synthetic',
  ])('may name %s', (name) => {
    expect(names(name)).toEqual([]);
  });

  it.each([
    ['new.verison', 'there is no ${new.verison}, did you mean "new.version"?'],
    ['shop.pth', 'there is no ${shop.pth}, did you mean "shop.path"?'],
    ['constructor', 'there is no ${constructor}'],
    ['__proto__', 'there is no ${__proto__}'],
    ['', 'there is no ${}'],
    ['env:HOME', 'there is no ${env:HOME}'],
    [
      'secret:synthetc',
      '${secret:synthetc} is not named under validation.secrets of gatehouse.yml, did you mean "synthetic"?',
    ],
    ['new.taskSet', '${new.taskSet} is of codedeploy-ecs, and the suite matches codedeploy-lambda'],
  ])('names what is there, and not ${%s} (B69)', (name, says) => {
    expect(names(name)).toEqual([says]);
  });

  it('names what is there whatever is deployed, and at every hook (B69)', () => {
    expect(names('new.taskSet', '')).toEqual([
      '${new.taskSet} is there for codedeploy-ecs only: say match.platform: codedeploy-ecs',
    ]);
    expect(names('new.taskSet', 'platform: codedeploy-ecs')).toEqual([
      '${new.taskSet} is not there at BeforeInstall: name the hooks behind it in match.hook',
    ]);
    expect(names('new.taskSet', 'platform: codedeploy-ecs, hook: AfterAllowTestTraffic')).toEqual([]);
    expect(names('old.taskSet', 'platform: codedeploy-ecs')).toEqual([]);
  });

  it('is closed', () => {
    expect(wrongWith(["lambda: { function: own, input: 'a ${new.version' }"])).toEqual([
      'checks[0].lambda.input: has a ${ that is not closed',
    ]);
  });

  it('is looked for wherever there may be one (B69)', () => {
    const config = configOf(`gates: [{ match: { suite: test }, to: [{ slack: approvals }], approvers: ada }]`);
    const wrong = wrongWith(
      [
        "invoke: { function: orders, payload: { a: [{ b: '${x}' }] } }",
        "alarms: { names: [red, '${x}'] }",
        "metric: { namespace: '${x}', metric: '${x}', stat: Sum, dimensions: { F: '${x}' } }, expect: [{ path: value, op: eq, value: '${x}' }], sample: { warmup: 1m }",
        "approval: { says: '${x}' }",
        "http: { url: 'https://web.example.com/${x}', method: POST, headers: { a: '${x}' }, json: { a: '${x}' } }",
        "http: { url: 'https://web.example.com/', method: POST, text: '${x}' }",
      ],
      '',
      { ...CONFIG, ...(config.gates !== undefined && { gates: config.gates }) },
    );
    expect(wrong).toEqual(
      [
        '[0].invoke.payload.a[0].b',
        '[1].alarms.names[1]',
        '[2].metric.namespace',
        '[2].metric.metric',
        '[2].metric.dimensions.F',
        '[2].expect[0].value',
        '[3].approval.says',
        '[4].http.url',
        '[4].http.headers.a',
        '[4].http.json.a',
        '[5].http.text',
      ].map((place) => `checks${place}: there is no \${x}`),
    );
  });

  it('of a step takes values of the steps before it', () => {
    const steps = (first: string, second: string, value = 'a') =>
      wrongWith([
        `http: { steps: [{ id: login, url: 'https://web.example.com/${first}' }, { id: cart, url: 'https://web.example.com/${second}' }] }, expect: [{ path: body, op: eq, value: '${value}' }]`,
      ]).map((line) => line.replace('checks[0].', ''));
    expect(steps('', '${login.body.items.0.id}', '${cart.headers.etag}')).toEqual([]);
    expect(steps('${cart.body}', '${login}')).toEqual([
      'http.steps[0].url: ${cart.body} is not there yet: "cart" is no earlier step',
      'http.steps[1].url: ${login} is no part of an answer, which has status, headers, body, timings, url',
    ]);
    expect(steps('${login.body}', '${login.boddy}', '${login.body..id}')).toEqual([
      'http.steps[0].url: ${login.body} is not there yet: "login" is no earlier step',
      'http.steps[1].url: ${login.boddy} is no part of an answer, which has status, headers, body, timings, url, did you mean "body"?',
      'expect[0].value: ${login.body..id} has a dot too many: ${login.body.items.0.id}',
    ]);
    expect(
      wrongWith([
        "http: { steps: [{ id: new, url: 'https://web.example.com/' }, { id: a, url: 'https://web.example.com/' }, { id: a, url: 'https://web.example.com/' }] }",
      ]),
    ).toEqual([
      'checks[0].http.steps[0].id: ${new...} is something else already: take another name',
      'checks[0].http.steps[2].id: is already what steps[1] is called',
    ]);
  });

  it('holds a secret only in what is sent', () => {
    const place = 'has no place here: secrets go into headers, bodies, payloads and inputs';
    expect(
      wrongWith([
        "http: { url: 'https://web.example.com/?key=${secret:synthetic}' }, expect: [{ path: body, op: eq, value: '${secret:synthetic}' }]",
      ]),
    ).toEqual([
      `checks[0].http.url: \${secret:synthetic} ${place}`,
      `checks[0].expect[0].value: \${secret:synthetic} ${place}`,
    ]);
  });

  it('is not what a variable of the suite’s own stands for', () => {
    expect(wrongWith([PROBE], "vars: { a: '${b}', new.version: '7', __proto__: x }")).toEqual([
      'vars.__proto__: cannot be a key',
      'vars.a: holds ${, and is no template',
      'vars.new.version: is there in every run: take another name',
    ]);
  });
});

describe('an assertion', () => {
  const asserted = (assertion: string, probe = HTTP) =>
    wrongWith([`${probe}, expect: [{ ${assertion} }]`]).map((line) => line.replace('checks[0].expect[0].', ''));

  it.each([
    ["path: 'body[', op: exists", 'path: is no JMESPath: Syntax error: expected Star, got: EOF'],
    ["path: 'lenght(body)', op: exists", 'path: JMESPath has no function "lenght"'],
    [
      'path: stauts, op: exists',
      'path: there is no "stauts" in what is found, there are status, headers, body, timings, url, did you mean "status"?',
    ],
    ['path: status, op: exists, value: 1', 'value: has no meaning: exists compares with nothing'],
    ['path: status, op: eq', 'op: eq needs a value'],
    ["path: status, op: lt, value: '500'", 'value: should be a number: lt compares numbers'],
    ['path: body, op: length, value: 1.5', 'value: should be a whole number, 0 or more'],
    ['path: status, op: in, value: 200', 'value: should be a list of what it may be'],
    ['path: body, op: matches, value: 5', 'value: should be a regular expression'],
    [
      "path: body, op: matches, value: '(a'",
      "value: is no regular expression of RE2's: error parsing regexp: missing closing ): `(a`",
    ],
    [
      "path: body, op: matches, value: '(?=a)'",
      "value: is no regular expression of RE2's: error parsing regexp: invalid or unsupported Perl syntax: `(?=`",
    ],
    [
      "path: body, op: matches, value: 'v${new.version}'",
      'value: may hold no variable: what it stands for would be read as a part of the expression',
    ],
    ['path: status, op: eq, value: 200, step: stepp1', 'step: no step of that name, did you mean "step1"?'],
  ])('is not { %s }', (assertion, says) => {
    expect(asserted(assertion)).toEqual([says]);
  });

  it.each([
    'path: status, op: eq, value: 200',
    "path: 'length(body.items)', op: gte, value: 1",
    'path: "body.items[?name == \'a(b\'] | [0]", op: exists',
    "path: timings.total, op: lt, value: '${shop.limit}'",
    "path: body, op: matches, value: '^v[0-9]+$'",
    'path: status, op: in, value: [200, 204]',
    'path: body, op: eq, value: null',
    'path: status, op: eq, value: 200, step: step1',
  ])('may be { %s }', (assertion) => {
    expect(wrongWith([`${HTTP}, expect: [{ ${assertion} }]`], "vars: { shop.limit: '5' }")).toEqual([]);
  });

  it('is about what its check finds', () => {
    expect(asserted('path: new.payload, op: exists', PROBE)).toEqual([
      'path: there is no "new" in what is found, there are statusCode, functionError, payload, body, executedVersion, durationMs, logTail',
    ]);
    const two = 'invoke: { function: orders, qualifier: ["${old.version}", "${new.version}"] }';
    expect(asserted('path: new.payload, op: exists', two)).toEqual([]);
    expect(asserted('path: payload, op: exists', two)).toEqual([
      'path: there is no "payload" in what is found, there are old, new, differences',
    ]);
    expect(asserted('path: anything, op: exists', 'lambda: { function: own }')).toEqual([]);
    expect(asserted('path: payload, op: exists, step: a', PROBE)).toEqual([
      'step: has no meaning: only http has steps',
    ]);
    expect(wrongWith(['alarms: { names: red }, expect: [{ path: a, op: exists }]'])).toEqual([
      'checks[0].expect: has no meaning for alarms: each has to be OK',
    ]);
  });

  it('is what a metric needs', () => {
    expect(wrongWith(['metric: { namespace: AWS/Lambda, metric: Errors, stat: Sum }, sample: { warmup: 1m }'])).toEqual(
      ['checks[0].metric: expects nothing: add expect'],
    );
  });
});

describe('a metric', () => {
  const metric = (more: string) =>
    wrongWith([METRIC.replace('stat: Sum', `stat: Sum, ${more}`).replace('warmup: 2m', 'warmup: 5m')]).map((line) =>
      line.replace('checks[0].metric.', ''),
    );

  it('has data points in its window', () => {
    expect(metric('period: 5m, window: 4m')).toEqual([
      'window: is shorter than the period: it would hold no data point',
    ]);
    expect(metric('period: 1m, window: 5m, minDataPoints: 6')).toEqual([
      'minDataPoints: could never be reached: the window holds 5',
    ]);
    expect(metric('period: 1m, window: 5m, minDataPoints: 5')).toEqual([]);
    expect(metric('period: 10s, window: 1m')).toEqual([]);
    expect(metric('period: 90s')).toEqual([
      'period: is not a period of CloudWatch: 1s, 5s, 10s, 20s, 30s or whole minutes',
    ]);
  });
});

describe('a metric, of which only what lies behind the begin of the hook counts', () => {
  const sampled = (sample: string, needs = '') =>
    wrongWith([
      `name: a, ${PROBE}, sample: { count: 4, interval: 20s, timeout: 1s }`,
      `${ERRORS.replace('stat: Sum', 'stat: Sum, minDataPoints: 2')}, sample: { ${sample} }${needs}`,
    ]);

  it('is looked at once there can be data', () => {
    expect(sampled('warmup: 1m')).toEqual([
      'checks[1].metric: could never have data: its last sample is taken 1m after the hook has begun, and needs 2m of it: give it sample.warmup',
    ]);
    expect(sampled('warmup: 2m')).toEqual([]);
    expect(sampled('interval: 1m, count: 3')).toEqual([]);
    expect(sampled('interval: 1m, count: 2')).toHaveLength(1);
    expect(sampled('warmup: 1m', ', needs: a')).toEqual([]);
  });
});

describe('a log', () => {
  const logs = (group: string, pattern = 'ERROR') => `logs: { group: '${group}', pattern: '${pattern}' }`;

  it('is a group by its name, of which a run may say a part', () => {
    expect(
      wrongWith([logs('/aws/lambda/${function.name}'), logs('orders'), logs('/${team}/x')], 'vars: { team: shop }'),
    ).toEqual([]);
    expect(wrongWith([logs('/${application}/orders'), logs('${group}')])).toEqual(
      [0, 1].map(
        (at) =>
          `checks[${at}].logs.group: begins with what only a run knows: it would let suites read every log of the account`,
      ),
    );
    expect(wrongWith([logs('/aws/*'), logs('/aws/${nothing}')])).toEqual([
      'checks[0].logs.group: is not the name of a log group such as /aws/lambda/orders: letters, digits, . - _ / # and templates',
      'checks[1].logs.group: there is no ${nothing}',
    ]);
  });

  it('has a pattern without variables, and its own fields', () => {
    expect(wrongWith([logs('orders', '${application}')])).toEqual([
      'checks[0].logs.pattern: may hold no variable: it would be read as a part of the pattern',
    ]);
    expect(wrongWith([`${logs('orders')}, expect: [{ path: match, op: eq, value: 0 }]`])).toEqual([
      'checks[0].expect[0].path: there is no "match" in what is found, there are matches, streams, did you mean "matches"?',
    ]);
  });

  it('may have no data', () => {
    expect(wrongWith([`${logs('orders')}, onNoData: fail, sample: { count: 3 }, limits: { noData: 1 }`])).toEqual([]);
  });
});

describe('a target group', () => {
  it('is there where its variable is, has its own fields and may have no data', () => {
    const targets = (more: string) => wrongWith([`targetHealth: { targetGroup: web-2 }${more}`]);
    expect(targets(', onNoData: fail, expect: [{ path: states.draining, op: absent }]')).toEqual([]);
    expect(targets(', expect: [{ path: helthy, op: gte, value: 1 }]')).toEqual([
      'checks[0].expect[0].path: there is no "helthy" in what is found, there are healthy, unhealthy, total, states, did you mean "healthy"?',
    ]);
    expect(wrongWith(["targetHealth: { targetGroup: '${new.targetGroup}' }"])).toEqual([
      'checks[0].targetHealth.targetGroup: ${new.targetGroup} is of codedeploy-ecs, and the suite matches codedeploy-lambda',
    ]);
  });
});

describe('a calendar', () => {
  const calendar = (text: string) => wrongWith([`calendar: { ${text} }`]);

  it('says something', () => {
    expect(calendar('')).toEqual(['checks[0].calendar: would always be open: add hours, freeze or ssm']);
    expect(calendar('hours: []')).toEqual(['checks[0].calendar.hours: name no time']);
  });

  it('has days, times of the day and a time zone that are there', () => {
    expect(calendar("hours: [{ days: mon-fry, from: '9:00', to: 25:00, tz: Europe/Londn }]")).toEqual([
      'checks[0].calendar.hours[0].days: is not a day or days such as mon-fri or sat',
      "checks[0].calendar.hours[0].from: is not a time of the day such as '09:00', in quotes",
      "checks[0].calendar.hours[0].to: is not a time of the day such as '09:00', in quotes",
      'checks[0].calendar.hours[0].tz: is not the name of a time zone such as Europe/London or UTC',
    ]);
    expect(calendar("hours: [{ from: '22:00', to: '06:00' }]")).toEqual([
      'checks[0].calendar.hours[0].tz: is missing',
      'checks[0].calendar.hours[0].to: is not behind "from": hours that go beyond midnight are two of them',
    ]);
  });

  it('has freezes that are there, and end', () => {
    const freeze = (from: string, to: string) => calendar(`freeze: [{ from: ${from}, to: ${to}, why: x }]`);
    expect(freeze('2026-12-20T18:00Z', '2026-12-20T20:00+01:00')).toEqual([]);
    expect(freeze('2026-12-20T18:00Z', '2026-12-20T19:00+01:00')).toEqual([
      'checks[0].calendar.freeze[0].to: is not behind "from"',
    ]);
    expect(freeze('2026-02-30T18:00Z', '2026-12-20')).toEqual([
      'checks[0].calendar.freeze[0].from: is not there',
      'checks[0].calendar.freeze[0].to: is not a time such as 2026-12-20T18:00Z or 2026-12-20T18:00+01:00',
    ]);
  });

  it('names change calendars, expects nothing more, and always says something', () => {
    expect(calendar("ssm: ['${application}', a b]")).toEqual(
      [0, 1].map((at) => `checks[0].calendar.ssm[${at}]: is neither the name of a change calendar nor its ARN`),
    );
    expect(wrongWith(['calendar: { ssm: prod }, onNoData: fail, expect: [{ path: state, op: exists }]'])).toEqual([
      'checks[0].expect: has no meaning for calendars: each has to be open',
      'checks[0].onNoData: can never come to pass: calendar always finds something',
    ]);
  });
});

describe('a decision', () => {
  it('is one that can be made', () => {
    expect(wrongWith([PROBE], 'decide: { inconclusive: continue }')).toEqual([
      'decide.inconclusive: can never come to pass: every check passes, fails or errs',
    ]);
    expect(wrongWith([METRIC], 'decide: { inconclusive: continue }')).toEqual([]);
    expect(wrongWith([`${METRIC}, onNoData: fail`], 'decide: { inconclusive: continue }')).toHaveLength(1);
    expect(
      wrongWith(
        [`${PROBE}, sample: { count: 3 }, limits: { consecutivePasses: 2 }`],
        'decide: { inconclusive: continue }',
      ),
    ).toEqual([]);
  });

  it('is asked of people whom gatehouse.yml names for this suite', () => {
    const asking = (name: string, group: string) =>
      problemsOf(
        `name: ${name}
match: { platform: codedeploy-lambda, group: ${group} }
checks: [{ name: a, ${METRIC} }, { name: b, approval: {} }]
decide: { inconclusive: ask, error: ask }
`,
        { config: CONFIG },
      );
    expect(asking('asks-people', 'pro*')).toEqual([]);
    expect(asking('asks-people', 'staging')).toHaveLength(3);
    const nobody = 'asks people, and there is nobody to ask: no gate of gatehouse.yml has match.suite for "wonders"';
    expect(asking('wonders', 'prod')).toEqual([
      `suites/test.yml:3  checks[1].approval: ${nobody}`,
      `suites/test.yml:4  decide.inconclusive: ${nobody}`,
      `suites/test.yml:4  decide.error: ${nobody}`,
    ]);
  });

  it('is made at a hook that there is', () => {
    expect(
      problemsOf(
        `name: test\nmatch: { platform: codedeploy-lambda, hook: [BeforeAllowTraffic, AfterInstall] }\nchecks: [{ name: a, ${PROBE} }]\n`,
      ),
    ).toEqual([
      'suites/test.yml:2  match.hook[1]: never comes for codedeploy-lambda, which has BeforeAllowTraffic, AllowTraffic, AfterAllowTraffic',
    ]);
  });

  it('is made where all that is asked for can be', () => {
    const of = (match: string) =>
      problemsOf(`name: test\nmatch: { ${match} }\nchecks: [{ name: a, alarms: { names: red } }]\n`);
    expect(of('platform: ecs-native, cluster: prod, service: web, hook: POST_TEST_TRAFFIC_SHIFT')).toEqual([]);
    expect(of('platform: codepipeline, pipeline: shop-*, stage: Deploy, action: Check')).toEqual([]);
    expect(of('platform: codepipeline, hook: BeforeAllowTraffic')).toEqual([
      'suites/test.yml:2  match.hook[0]: never comes for codepipeline, which has none',
    ]);
    expect(of('application: shop, pipeline: shop')).toEqual([
      'suites/test.yml:2  match: matches nothing: codedeploy-lambda has application, group, hook; codedeploy-ecs has application, group, hook; ecs-native has cluster, service, hook; codepipeline has pipeline, stage, action',
    ]);
  });

  it('that is less strict counts for nothing without the owner’s leave, and the rule to write is said', () => {
    const text = `name: loose
match: { platform: codedeploy-lambda, application: orders }
mode: observe
checks:
  - { name: a, ${METRIC}, onNoData: pass }
  - { name: b, ${METRIC}, mode: observe }
decide: { inconclusive: continue, deadline: continue }
`;
    const warned = (rules: string) => {
      const { problems, warnings } = readSuite(text, 'a.yml', {
        config: configOf(`validation: { rules: [${rules}] }`),
      });
      expect(problems).toEqual([]);
      return warnings.map(
        ({ line, says }) => `${line} ${says.split(':')[0] ?? ''} ${/allow: \[(.*)\]/.exec(says)?.[1] ?? ''}`,
      );
    };
    const all = [
      '3 mode observe',
      '5 checks[0].onNoData no-data-pass',
      '6 checks[1].mode observe',
      '7 decide.deadline deadline-continue',
      '7 decide.inconclusive inconclusive-continue',
    ];
    expect([...warned('{ name: other, match: { application: web }, allow: [observe] }')].sort()).toEqual(all);
    expect([...warned('{ name: pilot, match: { suite: lo* }, allow: [observe, no-data-pass] }')].sort()).toEqual(
      all.slice(3),
    );
    expect(warned('{ name: all, allow: [observe, no-data-pass, inconclusive-continue, deadline-continue] }')).toEqual(
      [],
    );
  });
});
