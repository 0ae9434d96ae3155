import { runStack } from '../../local/stack.ts';
import type { Stack, StackOptions } from '../../local/stack.ts';
import type { CompiledStack } from '../../local/template/compile-template.ts';

/** Where a stack is, for a client of it. */
export const connectionTo = ({ aws, region }: Pick<Stack, 'aws' | 'region'>) => ({
  endpoint: aws,
  region,
  urlSuffix: 'nowhere.invalid',
  credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
});

/** A running local stack on free ports, whose functions do not run: it is only looked at. */
export const aStack = (
  compiled: CompiledStack,
  channels: Readonly<Record<string, string>>,
  more: Partial<StackOptions> = {},
): Promise<Stack> =>
  runStack(compiled, channels, {
    ports: { aws: 0, slack: 0 },
    functions: false,
    schedules: false,
    log: () => undefined,
    ...more,
  });
