import { describe, expect, it } from 'vitest';
import { fold, MAX_REGISTERS } from '../../../shared/rollout/fold.ts';
import { parseEventText } from '../../../shared/rollout/parse-event.ts';
import type { Rollout } from '../../../shared/rollout/rollout.ts';
import { aDeploymentEvent, aPipelineEvent } from '../../support/events.ts';

const KB = 1024;

/** The bytes that a rollout takes in which every action of a pipeline has failed, with everything that an event can say. */
const bytesOf = (actions: number, letter: string, summary: string): number => {
  const named = (prefix: string, index: number): string => {
    const start = `${prefix}${index}-`;
    return start + letter.repeat(Math.floor((100 - start.length) / Buffer.byteLength(letter)));
  };
  let rollout: Rollout | undefined;
  for (let index = 0; index < actions; index += 1) {
    const parsed = parseEventText(
      aPipelineEvent(
        { id: `${index}-`.padEnd(36, 'e'), 'detail-type': 'CodePipeline Action Execution State Change' },
        {
          stage: named('s', index % 50),
          action: named('a', index),
          state: 'FAILED',
          'execution-result': {
            'external-execution-summary': summary,
            'external-execution-url': `https://example.com/${'u'.repeat(2_000)}`.slice(0, 400),
            'error-code': 'E'.repeat(200),
          },
        },
      ),
    );
    expect(parsed.kind).toBe('change');
    rollout = parsed.kind === 'change' ? fold(rollout, parsed.change) : rollout;
  }
  return Buffer.byteLength(JSON.stringify(rollout));
};

describe('a rollout', () => {
  it('of 500 actions fits into an item, whatever its events say: DynamoDB takes 400 KB (F64)', () => {
    expect(bytesOf(500, 'é', '💥'.repeat(1_000))).toBeLessThan(390 * KB);
  });

  it('of more instances than it keeps fits in too, whatever they are called', () => {
    let rollout: Rollout | undefined;
    for (let index = 0; index < MAX_REGISTERS + 50; index += 1) {
      const parsed = parseEventText(
        aDeploymentEvent(
          { id: `${index}-`.padEnd(100, 'e'), 'detail-type': 'CodeDeploy Instance State-change Notification' },
          { instanceId: `${index}-${'é'.repeat(48)}`, state: 'FAILURE' },
        ),
      );
      rollout = parsed.kind === 'change' ? fold(rollout, parsed.change) : rollout;
    }
    expect(Object.keys(rollout?.registers ?? {})).toHaveLength(MAX_REGISTERS);
    expect(Buffer.byteLength(JSON.stringify(rollout))).toBeLessThan(150 * KB);
  });

  it('of thirty actions that all failed is far from it', () => {
    expect(bytesOf(30, 'x', 'It did not work. '.repeat(50))).toBeLessThan(100 * KB);
  });
});
