import * as v from 'valibot';
import { matchesGlob } from '../../shared/routing/glob.ts';
import type { Resource } from '../template/resolve-template.ts';
import { answerInXml, escapeXml, refuseInXml } from './service.ts';
import type { Service } from './service.ts';

const OneOrMore = v.pipe(
  v.union([v.string(), v.array(v.string())]),
  v.transform((written) => [written].flat()),
);

const Statement = v.object({
  Effect: v.picklist(['Allow', 'Deny']),
  Action: OneOrMore,
  Resource: OneOrMore,
  Condition: v.optional(v.unknown()),
});

const Role = v.object({
  Policies: v.optional(v.array(v.object({ PolicyDocument: v.object({ Statement: v.array(Statement) }) })), []),
});

type Statement = v.InferOutput<typeof Statement>;

/** IAM's SimulatePrincipalPolicy for the template's roles, judged by their own policies. */
export const createRoleService = (roles: readonly Resource[]): Service => {
  const statementsOf = new Map(
    roles.map(({ arn, properties }) => [
      arn,
      v.parse(Role, properties).Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement),
    ]),
  );
  return ({ body }) => {
    const form = new URLSearchParams(body);
    if (form.get('Action') !== 'SimulatePrincipalPolicy') {
      return Promise.resolve(refuseInXml('InvalidAction', 'The local iam has SimulatePrincipalPolicy.'));
    }
    const arn = form.get('PolicySourceArn') ?? '';
    const statements = statementsOf.get(arn);
    if (statements === undefined) {
      return Promise.resolve(refuseInXml('NoSuchEntity', `The role ${arn} cannot be found.`, 404));
    }
    const resources = listOf(form, 'ResourceArns');
    const results = listOf(form, 'ActionNames').flatMap((action) =>
      (resources.length === 0 ? ['*'] : resources).map((resource) =>
        [
          '<member>',
          `<EvalActionName>${escapeXml(action)}</EvalActionName>`,
          `<EvalResourceName>${escapeXml(resource)}</EvalResourceName>`,
          `<EvalDecision>${decide(statements, action, resource)}</EvalDecision>`,
          '</member>',
        ].join(''),
      ),
    );
    return Promise.resolve(
      answerInXml(
        'SimulatePrincipalPolicy',
        'https://iam.amazonaws.com/doc/2010-05-08/',
        `<IsTruncated>false</IsTruncated><EvaluationResults>${results.join('')}</EvaluationResults>`,
      ),
    );
  };
};

const decide = (statements: readonly Statement[], action: string, resource: string): string => {
  const about = statements.filter(
    ({ Action, Resource }) =>
      Action.some((glob) => matchesGlob(glob.toLowerCase(), action.toLowerCase())) &&
      Resource.some((glob) => matchesGlob(glob, resource)),
  );
  if (about.some(({ Effect }) => Effect === 'Deny')) {
    return 'explicitDeny';
  }
  // Nothing is known here of what a condition asks for.
  return about.some(({ Condition }) => Condition === undefined) ? 'allowed' : 'implicitDeny';
};

/** A list in the query protocol, which numbers its members from 1. */
const listOf = (form: URLSearchParams, name: string): readonly string[] =>
  [...form].flatMap(([key, value]) => (key.startsWith(`${name}.member.`) ? [value] : []));
