import { describe, expect, it } from 'vitest';
import { compileConfig } from '../../../scripts/config/compile-config.ts';
import { readSuite } from '../../../scripts/suites/compile-suite.ts';
import { forecastLines } from '../../../scripts/suites/forecasts.ts';
import { suitesReadMetrics } from '../../../scripts/suites/suite-permissions.ts';

const CONFIG = compileConfig('slack: { workspace: T012345, channels: { approvals: C012345 } }\n');

const RATIO = `      kind: ratio
      bad: { namespace: AWS/Lambda, metric: Errors }
      all: { namespace: AWS/Lambda, metric: Invocations }
      dimensions: { FunctionName: '\${function.name}', ExecutedVersion: '\${side.version}' }
      baseline: [old-version, before-deployment:30m]
      tolerate: { absolute: 0.002, relative: 1.25 }
`;

const DISTRIBUTION = `      kind: distribution
      series: { namespace: AWS/Lambda, metric: Duration, stat: p95 }
      dimensions: { FunctionName: '\${function.name}' }
      baseline: before-deployment:1h
      tolerate: { relative: 1.15 }
`;

const SAMPLE = 'sample: { warmup: 5m, interval: 10m, count: 4 }';

/** A suite of one comparison, at its own level and at that of the check. */
const read = (compare: string, check = SAMPLE, match = 'platform: codedeploy-lambda') =>
  readSuite(
    `name: bake
match: { ${match} }
budget: { total: 50m }
checks:
  - name: c
    ${check}
    compare:
${compare}`,
    'a.yml',
    { config: CONFIG },
  );

const wrongWith = (...args: Parameters<typeof read>): readonly string[] =>
  read(...args).problems.map(({ says }) => says.replace('checks[0].', ''));

const warnedOf = (...args: Parameters<typeof read>): readonly string[] =>
  read(...args).warnings.map(({ says }) => says.replace('checks[0].', ''));

/** One line is another. */
const but = (text: string, line: RegExp, other: string): string => {
  expect(text).toMatch(line);
  return text.replace(line, other);
};

describe('a comparison in a suite', () => {
  it('is compiled with what is left out', () => {
    const { suite, problems } = read(RATIO);
    expect(problems).toEqual([]);
    expect(suite?.checks[0]).toMatchObject({
      limits: { failures: 0, noData: 3, minSamples: 1 },
      onNoData: 'inconclusive',
      probe: {
        kind: 'compare',
        of: {
          kind: 'ratio',
          bad: { namespace: 'AWS/Lambda', metric: 'Errors', stat: 'Sum' },
          all: { namespace: 'AWS/Lambda', metric: 'Invocations', stat: 'Sum' },
        },
        periodSeconds: 60,
        lookBackMs: 0,
        baselines: [{ kind: 'old-version' }, { kind: 'before-deployment', forMs: 1_800_000 }],
        worseWhen: 'higher',
        tolerate: { absolute: 0.002, relative: 1.25 },
        confidence: 0.95,
        looks: 4,
        minSamples: 100,
      },
    });
    expect(suite?.checks[0]).not.toHaveProperty('between');
    expect(suite?.checks[0]?.probe).not.toHaveProperty('expected');
  });

  it('is compiled with what is said', () => {
    const more = `      period: 2m
      lookBack: 10m
      worseWhen: lower
      confidence: 0.98
      looks: 6
      minSamples: 12
      between: pass
`;
    const { suite, problems } = read(`${but(DISTRIBUTION, /' \}/, "', V: '${side.version}' }")}${more}`);
    expect(problems).toEqual([]);
    expect(suite?.checks[0]).toMatchObject({
      between: 'pass',
      probe: {
        of: { kind: 'distribution', series: { stat: 'p95' } },
        periodSeconds: 120,
        lookBackMs: 600_000,
        worseWhen: 'lower',
        confidence: 0.98,
        looks: 6,
        minSamples: 12,
      },
    });
    const traffic = '      traffic: 5/s\n      baselineRate: 0.01\n      worseRate: 0.03\n';
    expect(read(`${RATIO}${traffic}`).suite?.checks[0]?.probe).toMatchObject({
      expected: { perMinute: 300, baselineRate: 0.01, worseRate: 0.03 },
    });
  });

  it('may read metrics, and nothing else', () => {
    const { suite } = read(RATIO);
    expect(suite && suitesReadMetrics([suite])).toMatchObject({ Action: ['cloudwatch:GetMetricData'] });
  });

  it('has keys that there are, with values that can be', () => {
    expect(wrongWith(`${RATIO}      confidense: 0.9\n`)).toEqual([
      'compare.confidense: unknown key, did you mean "confidence"?',
    ]);
    expect(wrongWith(`${RATIO}      confidence: 95\n`)).toEqual(['compare.confidence: is more than 0.999']);
    expect(wrongWith(`${RATIO}      confidence: 0.5\n`)).toEqual(['compare.confidence: is less than 0.8']);
    expect(wrongWith(`${RATIO}      traffic: lots\n`)).toEqual([
      'compare.traffic: is no traffic such as 5/s, 300/min or 1000/h',
    ]);
    expect(wrongWith(but(RATIO, /baseline: .*/, 'baseline: yesterday'))).toHaveLength(1);
    expect(wrongWith(but(RATIO, /baseline: .*/, 'baseline: before-deployment:4h'))).toEqual([
      'compare.baseline: is before-deployment for less than 5m or for more than 3h',
    ]);
  });

  it('has the metrics of its kind', () => {
    expect(wrongWith(but(RATIO, /.*all: .*\n/, ''))).toEqual(['compare.all: is missing: a ratio has bad and all']);
    expect(wrongWith(but(RATIO, /kind: ratio/, 'kind: distribution'))).toEqual([
      'compare.series: is missing: a distribution has series',
      'compare.bad: has no meaning for a distribution',
      'compare.all: has no meaning for a distribution',
    ]);
    expect(wrongWith(but(RATIO, /metric: Errors/, 'metric: Errors, stat: Average'))).toEqual([
      'compare.bad.stat: should be Sum or SampleCount: a ratio is of counts, and Average is none',
    ]);
  });

  it('names the side where both are looked at, and nowhere else', () => {
    const plain = but(RATIO, /\$\{side\.version\}/, '${new.version}');
    expect(wrongWith(plain)).toEqual([
      'compare.baseline: compares old-version with itself: dimensions have to name ${side.version}',
    ]);
    expect(wrongWith(`${but(plain, /baseline: .*/, 'baseline: before-deployment:30m')}      lookBack: 5m\n`)).toEqual([
      'compare.lookBack: takes the old version’s for the new one’s: dimensions have to name ${side.version}',
    ]);
    expect(wrongWith(but(RATIO, /side\.version/, 'side.versoin'))[0]).toContain('there is no ${side.versoin}');
    expect(wrongWith(but(RATIO, /side\.version/, 'side.taskSet'))).toEqual([
      'compare.dimensions.ExecutedVersion: ${old.taskSet} is of codedeploy-ecs, and the suite matches codedeploy-lambda',
    ]);
    expect(
      wrongWith(
        RATIO.replaceAll('side.version', 'side.targetGroup').replace('function.name', 'group'),
        SAMPLE,
        'platform: codedeploy-ecs, hook: AfterAllowTraffic',
      ),
    ).toEqual([]);
  });

  it('tolerates what can be exceeded', () => {
    const tolerate = (written: string, more = '') =>
      wrongWith(`${but(RATIO, /tolerate: .*/, `tolerate: ${written}`)}${more}`);
    expect(tolerate('{}')).toEqual([
      'compare.tolerate: tolerates nothing at all, which no data could prove: say absolute, relative or both',
    ]);
    expect(tolerate('{ absolute: 2 }')).toEqual([
      'compare.tolerate.absolute: could never be exceeded: a ratio is 1 at most, and 0.01 is 1 %',
    ]);
    expect(tolerate('{ relative: 2 }', '      worseWhen: lower\n')).toEqual([
      'compare.tolerate.relative: could never be exceeded: less than nothing is not left',
    ]);
    expect(tolerate('{ relative: 0.9 }')).toEqual(['compare.tolerate.relative: is less than 1']);
  });

  it('has as many looks as samples, or more', () => {
    expect(wrongWith(`${RATIO}      looks: 3\n`)).toEqual([
      'compare.looks: are fewer than the 4 samples (sample.count), each of which is a look',
    ]);
    expect(wrongWith(`${RATIO}      looks: 8\n`)).toEqual([]);
  });

  it('needs as many values as can prove something', () => {
    const least = (minSamples: number, more = '') =>
      wrongWith(`${DISTRIBUTION}      minSamples: ${minSamples}\n${more}`);
    const tooFew = (fewest: number) =>
      `compare.minSamples: is too few: by this confidence and so many looks fewer than ${fewest} data points a side prove nothing, whatever they are`;
    expect(least(4)).toEqual([tooFew(5)]);
    expect(least(5)).toEqual([]);
    expect(least(6, '      confidence: 0.999\n')).toEqual([tooFew(8)]);
    expect(least(40)).toEqual([
      'compare: could never have data: its last look comes 35m after the hook has begun, with 35 of 40 periods of 1m: give it sample.warmup',
    ]);
    expect(wrongWith(`${but(DISTRIBUTION, /1h/, '10m')}      minSamples: 12\n`)).toEqual([
      'compare.baseline: could never have 12 data points (minSamples): 10 at most',
    ]);
    expect(wrongWith(RATIO, 'sample: { count: 1 }')).toEqual([
      'compare: could never have data: its last look comes 0s after the hook has begun, with 0 of 1 periods of 1m: give it sample.warmup',
    ]);
  });

  it('has limits that mean something to looks', () => {
    expect(wrongWith(RATIO, `${SAMPLE}\n    limits: { failures: 1, minSamples: 3 }`)).toEqual([
      'limits.failures: has no meaning: a look that fails has seen all there is, and fails the check',
      'limits.minSamples: counts samples, of which each is a look: how much a look needs is compare.minSamples',
    ]);
    expect(wrongWith(RATIO, `${SAMPLE}\n    limits: { noData: 1, consecutivePasses: 1 }`)).toEqual([]);
    expect(wrongWith(RATIO, `${SAMPLE}\n    expect: [{ path: value, op: lt, value: 5 }]`)).toEqual([
      'expect: has no meaning for compare: it is tolerate that says what is worse',
    ]);
  });

  it('may pass without proof by the owner’s leave only', () => {
    expect(warnedOf(`${RATIO}      between: pass\n`)).toEqual([
      expect.stringMatching(/^compare\.between: counts for nothing: .* allow: \[between-pass\] }$/),
    ]);
  });
});

describe('what a comparison takes, said beforehand', () => {
  const linesOf = (compare: string): readonly string[] => {
    const { suite } = read(compare);
    return suite === undefined ? [] : forecastLines(suite);
  };

  it('is how long the canary has to last at the traffic that is expected', () => {
    const plain = but(RATIO, /absolute: 0.002, relative: 1.25/, 'absolute: 0.005');
    expect(linesOf(`${plain}      traffic: 300/min\n      baselineRate: 0.01\n`)).toEqual([
      'c: to see a rise from 1 % to 2 % at 300 requests a minute the canary has to last 36m; to show that there is none, 27m',
    ]);
    expect(linesOf(`${plain}      traffic: 60/h\n      worseRate: 0.012\n`)[0]).toContain(
      'a rise from 1 % to 1.2 % at 1 request a minute the canary has to last more than a day',
    );
  });

  it('is a table by traffic where none is said', () => {
    expect(linesOf(RATIO)).toEqual([
      'c: to see a rise from 1 % to 2 %, or to show that there is none, the canary has to last',
      '  at 10 requests a minute 9h 26m, or more than a day',
      '  at 100 requests a minute 57m, or 6h 4m',
      '  at 1000 requests a minute 6m, or 37m',
    ]);
  });

  it('is at least the time of the requests that it needs', () => {
    expect(linesOf(`${RATIO}      traffic: 1000/min\n      minSamples: 60000\n      worseRate: 0.5\n`)[0]).toContain(
      'has to last 1h;',
    );
  });

  it('turns round where lower is worse', () => {
    expect(
      linesOf(`${RATIO}      worseWhen: lower\n      traffic: 1000/min\n`.replace(', relative: 1.25', ''))[0],
    ).toContain('a fall from 99 % to 98 % at 1000 requests a minute');
  });

  it('is of values how many there have to be', () => {
    expect(linesOf(DISTRIBUTION)).toEqual(['c: a look needs 8 data points a side, which are 8m of traffic']);
  });

  it('warns of looks that come too early', () => {
    expect(warnedOf(`${RATIO}      traffic: 1000/min\n`)).toEqual([
      'compare.traffic: is too little to show that a version is as good: that takes 37m, and the last look has 35m of it. Most would be left open: tolerate more, or say between: pass',
    ]);
    expect(warnedOf(`${RATIO}      traffic: 100/min\n`)[0]).toBe(
      'compare.traffic: is too little to see a rise from 1 % to 2 %: that takes 57m, and the last look has 35m of it',
    );
    expect(warnedOf(`${RATIO}      traffic: 2000/min\n`)).toEqual([]);
  });
});
