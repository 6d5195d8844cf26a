/** `npm run docs`: writes the generated tables of README.md and docs/. A test checks that it has been run. */
import { readFileSync, writeFileSync } from 'node:fs';
import { DOCUMENTS } from './documents.ts';

for (const { file, update } of DOCUMENTS) writeFileSync(file, update(readFileSync(file, 'utf8')));
