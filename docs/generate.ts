/** `npm run docs`: writes the flag table and the metric table into README.md. A test holds that it has been run. */
import { readFileSync, writeFileSync } from 'node:fs';
import { METRICS } from '../src/metrics/catalogue.ts';
import { withTables } from './tables.ts';

const README = new URL('../README.md', import.meta.url);

writeFileSync(README, withTables(readFileSync(README, 'utf8'), METRICS));
