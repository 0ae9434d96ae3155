import * as v from 'valibot';
import type { Resource } from '../template/resolve-template.ts';

const Properties = v.object({
  Handler: v.pipe(v.string(), v.regex(/^[^.].*\.\w+$/, 'is not a file and an export')),
  Timeout: v.optional(v.number(), 3),
  MemorySize: v.optional(v.number(), 128),
  Environment: v.optional(
    v.object({
      Variables: v.record(v.string(), v.pipe(v.union([v.string(), v.number(), v.boolean()]), v.transform(String))),
    }),
    { Variables: {} },
  ),
});

/** A Lambda function as it is deployed. */
export type LambdaFunction = {
  readonly name: string;
  readonly arn: string;
  /** The bundled file without its ending, from the root of the package, and the name of its export. */
  readonly file: string;
  readonly exported: string;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  readonly environment: Readonly<Record<string, string>>;
};

/** Reads an AWS::Lambda::Function. Throws, naming it, when it cannot be run here. */
export const readLambdaFunction = ({ logicalId, name, arn, properties }: Resource): LambdaFunction => {
  const parsed = v.safeParse(Properties, properties);
  if (!parsed.success) {
    throw new Error(`The function ${logicalId} cannot be run here: ${v.summarize(parsed.issues)}`);
  }
  const { Handler, Timeout, MemorySize, Environment } = parsed.output;
  const dot = Handler.lastIndexOf('.');
  return {
    name,
    arn,
    file: Handler.slice(0, dot),
    exported: Handler.slice(dot + 1),
    timeoutSeconds: Timeout,
    memoryMb: MemorySize,
    environment: Environment.Variables,
  };
};
