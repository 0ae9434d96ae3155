import { describe, expect, it } from 'vitest';
import { forecastLines } from '../../../scripts/suites/forecasts.ts';
import { bakesBegin, bakesReadSteps, bakesStop } from '../../../scripts/suites/suite-permissions.ts';
import { readSuite } from '../../../scripts/suites/compile-suite.ts';
import { parseCheckMessage } from '../../../shared/validation/check-message.ts';
import { bakesOf, mayBake } from '../../../shared/validation/bakes.ts';
import { aCompareCheck } from '../../support/runs.ts';
import { checkOf, suiteOf } from '../../support/suites.ts';

const SMOKE = checkOf({ kind: 'http', steps: [] });

const HOOK = suiteOf([SMOKE], { match: { platform: 'codedeploy-lambda', application: ['orders'] } });
const BAKE = suiteOf([SMOKE], {
  match: { application: ['orders'], group: ['prod', 'canary-*'], hook: ['AllowTraffic'] },
});
const ANY = suiteOf([SMOKE], {
  match: { platform: 'codedeploy-lambda', hook: ['BeforeAllowTraffic', 'AllowTraffic'] },
});

describe('a suite that watches traffic', () => {
  it('is known by its hook alone, to whoever hears of deployments', () => {
    expect(bakesOf([HOOK])).toEqual([]);
    const bakes = bakesOf([HOOK, BAKE]);
    expect(bakes).toEqual([{ application: ['orders'], group: ['prod', 'canary-*'] }]);
    expect(mayBake(bakes, { application: 'orders', group: 'canary-eu' })).toBe(true);
    expect(mayBake(bakes, { application: 'orders', group: 'test' })).toBe(false);
    expect(mayBake(bakesOf([ANY]), { application: 'any', group: 'other' })).toBe(true);
    expect(mayBake([], { application: 'orders', group: 'prod' })).toBe(false);
  });

  it('may stop the deployments that it is for, and where there is none nobody may', () => {
    expect([bakesStop([HOOK]), bakesReadSteps([HOOK]), bakesBegin([HOOK])]).toEqual([undefined, undefined, undefined]);
    expect(JSON.stringify(bakesStop([HOOK, BAKE]))).toMatch(
      /StopDeployment.*deploymentgroup:orders\/prod"\},.*deploymentgroup:orders\/canary-\*"/,
    );
    expect(JSON.stringify(bakesStop([BAKE, ANY]))).toContain('deploymentgroup:*/*');
    expect(bakesReadSteps([BAKE])).toMatchObject({ Action: ['codedeploy:GetDeploymentConfig'] });
    expect(bakesBegin([BAKE])).toMatchObject({ Action: ['sqs:SendMessage'] });
  });

  it('asks nobody for an approval: the traffic moves on', () => {
    const text = `name: bake
match: { application: orders, hook: AllowTraffic }
checks:
  - name: people
    approval: {}
`;
    const { problems } = readSuite(text, 'bake.yml', {});
    expect(problems.map(({ says }) => says)).toContain(
      'checks[0].approval: has no meaning at AllowTraffic: the traffic moves on whether people approve or not. Ask them at BeforeAllowTraffic',
    );
  });

  it('has to last longer to see something: its looks are those of all its steps', () => {
    const check = aCompareCheck();
    const alone = forecastLines(suiteOf([check]));
    const baked = forecastLines(suiteOf([check], { match: { hook: ['AllowTraffic'] } }));
    expect(alone.at(-1)).toBe('  at 1000 requests a minute 6m, or 37m');
    expect(baked.at(-1)).toBe('  at 1000 requests a minute 9m, or 57m');
  });
});

describe('a message of the checks queue', () => {
  it('is about a watch, or about a deployment that has begun', () => {
    expect(parseCheckMessage('{"watch":"w-1"}')).toEqual({ kind: 'watch', watch: 'w-1' });
    expect(parseCheckMessage('{"bake":"d-1"}')).toEqual({ kind: 'bake', deployment: 'd-1' });
    expect(parseCheckMessage('{"bake":""}')).toBeUndefined();
  });
});
