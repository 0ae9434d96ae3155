import { afterEach, describe, expect, it } from 'vitest';
import { startWebListeners } from '../../../local/applications/web-listeners.ts';
import type { WebListeners } from '../../../local/applications/web-listeners.ts';
import type { TaskSet } from '../../../local/aws/codedeploy/hooked/hooked-state.ts';
import { createApplicationFunctions } from '../../../local/lambda/application-functions.ts';
import { readReference } from '../../../local/lambda/function-reference.ts';

const orders = {
  name: 'orders',
  versions: { '1': () => 'one', '2': () => 'two' },
  aliases: { live: '1', next: '2' },
  timeoutMs: 1_000,
};

/** Functions of which a deployment gives version 2 ten per cent of the alias `live`. */
const functionsAt = (random: number) =>
  createApplicationFunctions({
    functions: [orders],
    weightsOf: (_name, alias) =>
      alias === 'live'
        ? new Map([
            ['1', 90],
            ['2', 10],
          ])
        : undefined,
    ...{ now: () => 0, random: () => random, newId: () => 'r-1', onInvoked: () => undefined },
  });

describe('an alias of a local function', () => {
  it.each([
    [0, '1'],
    [0.899, '1'],
    [0.901, '2'],
    [0.999, '2'],
  ])('draws by the weights that a deployment gives: %d comes to version %s', async (random, version) => {
    expect(await functionsAt(random).invoke('orders', {}, 'live')).toMatchObject({ version, qualifier: 'live' });
  });

  it('points to its own version where no deployment says otherwise', async () => {
    expect(await functionsAt(0).invoke('orders', {}, 'next')).toMatchObject({ version: '2', value: 'two' });
    expect(await functionsAt(0).invoke('orders', {}, 'constructor')).toEqual({ kind: 'not-found' });
  });
});

describe('a reference to a function', () => {
  it.each([
    ['orders', { name: 'orders' }],
    ['orders:live', { name: 'orders', qualifier: 'live' }],
    ['function:orders:3', { name: 'orders', qualifier: '3' }],
    ['arn:aws:lambda:us-east-1:000000000000:function:orders', { name: 'orders' }],
    ['arn:aws:lambda:us-east-1:000000000000:function:orders:$LATEST', { name: 'orders', qualifier: '$LATEST' }],
  ])('%s is read', (text, expected) => {
    expect(readReference(text)).toEqual(expected);
  });
});

let listeners: WebListeners | undefined;

afterEach(async () => {
  await listeners?.stop();
});

const taskSet = (more: Partial<TaskSet>): TaskSet => ({
  id: 'ecs-svc/1',
  label: 'Blue',
  taskDefinition: 'web:1',
  targetGroup: 'web-1',
  status: 'PRIMARY',
  weight: 90,
  hasTestTraffic: false,
  running: 2,
  ...more,
});

/** What the two listeners answer while web:2 has a tenth of the traffic, and that of tests. */
const answersAt = async (random: number, more: Partial<TaskSet> = {}): Promise<unknown> => {
  const sets = [
    taskSet({}),
    taskSet({ label: 'Green', taskDefinition: 'web:2', weight: 10, hasTestTraffic: true, ...more }),
  ];
  listeners = await startWebListeners(
    {
      cluster: 'prod',
      service: 'web',
      taskDefinitions: {
        'web:1': ({ method, path }) => ({ status: 200, body: `1 ${method} ${path}` }),
        'web:2': () => ({ status: 200, body: '2' }),
      },
      hosts: { production: 'web.example.com', test: 'web-test.example.com' },
    },
    () => sets,
    () => random,
  );
  return Promise.all(
    ['web.example.com', 'web-test.example.com'].map(async (host) => {
      const response = await fetch(`${listeners?.hosts[host] ?? ''}/version?x=1`);
      const body: unknown = await response.json();
      return [response.status, body];
    }),
  );
};

describe('the listeners of a local web service', () => {
  it('answer for the task sets by their weights, and for the one that has test traffic', async () => {
    expect(await answersAt(0.89)).toEqual([
      [200, '1 GET /version'],
      [200, '2'],
    ]);
  });

  it('answer for the new one as often as it has its share', async () => {
    expect(await answersAt(0.91)).toEqual([
      [200, '2'],
      [200, '2'],
    ]);
  });

  it('are unavailable while no tasks run', async () => {
    expect(await answersAt(0, { running: 0 })).toMatchObject([
      [200, '1 GET /version'],
      [503, {}],
    ]);
  });
});
