import { describe, expect, it } from 'vitest';
import { NO_VALUE, withoutNoValues } from '../../../scripts/no-value.ts';

describe('the template', () => {
  it('loses the properties and the list entries that have no value, and nothing else', () => {
    expect(
      withoutNoValues({
        kept: [1, NO_VALUE, { Ref: 'Queue', none: null }, [NO_VALUE]],
        gone: NO_VALUE,
        deep: { gone: NO_VALUE, text: 'AWS::NoValue', yes: true },
      }),
    ).toEqual({ kept: [1, { Ref: 'Queue', none: null }, []], deep: { text: 'AWS::NoValue', yes: true } });
  });
});
