import { writeFile } from 'node:fs/promises';
import { publishedSchemas } from './json-schema.ts';

for (const [path, schema] of publishedSchemas()) {
  await writeFile(path, schema);
  console.log(`Wrote ${path}`);
}
