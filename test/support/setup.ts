import { REGION } from '../../local/aws/account.ts';
import type { Stack } from '../../local/stack.ts';
import type { Template } from '../../local/template/resolve-template.ts';
import { examine } from '../../scripts/doctor/examine.ts';
import { sayHello } from '../../scripts/hello/say-hello.ts';
import { createAwsProbes } from '../../scripts/setup/aws-probes.ts';
import type { Place } from '../../scripts/setup/place.ts';
import type { Repository } from '../../scripts/setup/repository.ts';
import type { Row } from '../../scripts/setup/row.ts';
import { createCallSlack } from '../../scripts/setup/slack-web.ts';

/** Runs doctor and hello against a stack, as `--stage local` does. Addresses read `AWS` in what they say. */
export const setupOf = ({ aws }: Pick<Stack, 'aws'>, repository: Repository, region = REGION) => {
  const place: Place = { stage: 'local', region, local: aws };
  const asked = { place, repository, probes: createAwsProbes(place), connectSlack: createCallSlack };
  const steady = (rows: readonly Row[]): readonly Row[] =>
    rows.map(({ says, remedy, ...row }) => ({
      ...row,
      says: says.replaceAll(aws, 'AWS'),
      ...(remedy !== undefined && { remedy: remedy.replaceAll(aws, 'AWS') }),
    }));
  return {
    doctor: async () => steady(await examine({ ...asked, nodeVersion: '24.21.0' })),
    hello: async () => steady(await sayHello(asked)),
  };
};

/** The template with the properties of one resource changed. */
export const withProperties = (template: Template, logicalId: string, properties: object): Template => {
  const resource = template.Resources[logicalId];
  if (resource === undefined) {
    throw new Error(`There is no ${logicalId}`);
  }
  const changed = { ...resource, Properties: { ...resource.Properties, ...properties } };
  return { ...template, Resources: { ...template.Resources, [logicalId]: changed } };
};

/** The template without a resource. */
export const without = (template: Template, logicalId: string): Template => ({
  ...template,
  Resources: Object.fromEntries(Object.entries(template.Resources).filter(([id]) => id !== logicalId)),
});
