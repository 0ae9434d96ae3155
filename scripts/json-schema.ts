import { toJsonSchema } from '@valibot/to-json-schema';
import { GatehouseYml } from './config/gatehouse-yml.ts';

/** Where the schema of `gatehouse.yml` is published. */
export const SCHEMA_PATH = 'docs/gatehouse.schema.json';

/** The JSON Schema that editors use for `gatehouse.yml`. */
export const gatehouseJsonSchema = (): string => {
  const schema = toJsonSchema(GatehouseYml, {
    // What a schema cannot say, such as "one of slack and sns", is said when the file is compiled.
    errorMode: 'ignore',
  });
  return `${JSON.stringify({ ...schema, title: 'gatehouse.yml' }, null, 2)}\n`;
};
