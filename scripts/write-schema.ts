import { writeFile } from 'node:fs/promises';
import { gatehouseJsonSchema, SCHEMA_PATH } from './json-schema.ts';

await writeFile(SCHEMA_PATH, gatehouseJsonSchema());
console.log(`Wrote ${SCHEMA_PATH}`);
