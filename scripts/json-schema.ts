import { toJsonSchema } from '@valibot/to-json-schema';
import type { GenericSchema } from 'valibot';
import { SnsDocument } from '../shared/message/sns-document-schema.ts';
import { GatehouseYml } from './config/gatehouse-yml.ts';
import { SuiteYml } from './suites/suite-yml.ts';

/** The JSON Schemas that are published, by where. */
export const publishedSchemas = (): ReadonlyMap<string, string> =>
  new Map([
    ['docs/gatehouse.schema.json', jsonSchema(GatehouseYml, 'gatehouse.yml')],
    ['docs/suite.schema.json', jsonSchema(SuiteYml, 'A validation suite of suites/')],
    ['docs/sns-message.schema.json', jsonSchema(SnsDocument, 'What Gatehouse publishes to machines')],
  ]);

const jsonSchema = (schema: GenericSchema, title: string): string => {
  const converted = toJsonSchema(schema, {
    // What a schema cannot say, such as "one of slack and sns", is said when the file is compiled.
    errorMode: 'ignore',
  });
  return `${JSON.stringify({ ...converted, title }, null, 2)}\n`;
};
