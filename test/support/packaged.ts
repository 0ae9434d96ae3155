import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { ACCOUNT, REGION } from '../../local/aws/account.ts';
import { compileTemplate } from '../../local/template/compile-template.ts';
import { resolveTemplate } from '../../local/template/resolve-template.ts';
import type { Resource, Template } from '../../local/template/resolve-template.ts';
import { ROOT } from './command.ts';

export type Packaged = {
  readonly template: Template;
  /** The template as it is uploaded. */
  readonly text: string;
  /** The resources of a type, with every reference resolved. */
  readonly resources: (type: string) => readonly Resource[];
};

/** The template as it is packaged: nothing is said of a file that nobody deploys. */
export const packaged = async (): Promise<Packaged> => {
  const { template, taskRoot } = await compileTemplate({ root: ROOT, stage: 'test' });
  const text = await readFile(join(taskRoot, 'cloudformation-template-update-stack.json'), 'utf8');
  const endpoint = 'https://sqs.example.com';
  const resources = resolveTemplate(template, { region: REGION, account: ACCOUNT, stackName: 'test', endpoint });
  return { template, text, resources };
};

/** A statement of a policy, with lists where one would do. */
export type Statement = v.InferOutput<typeof Statement>;

const oneOrMore = v.pipe(
  v.union([v.string(), v.array(v.string())]),
  v.transform((written) => [written].flat()),
);

const Statement = v.strictObject({
  Effect: v.picklist(['Allow', 'Deny']),
  Principal: v.optional(v.unknown()),
  Action: oneOrMore,
  Resource: v.optional(oneOrMore, []),
  Condition: v.optional(v.unknown()),
});

export const PolicyDocument = v.object({ Version: v.literal('2012-10-17'), Statement: v.array(Statement) });

const Role = v.object({
  AssumeRolePolicyDocument: PolicyDocument,
  Policies: v.array(v.object({ PolicyDocument })),
});

/** What a role allows, and whom it trusts. */
export const readRole = ({ properties }: Resource) => {
  const { AssumeRolePolicyDocument, Policies, ...rest } = v.parse(v.looseObject(Role.entries), properties);
  return {
    trusts: AssumeRolePolicyDocument.Statement,
    statements: Policies.flatMap(({ PolicyDocument: { Statement } }) => Statement),
    rest,
  };
};
