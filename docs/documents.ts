/** Which documents have generated tables, and each of them as the code has its tables now. */
import { readFileSync } from 'node:fs';
import { FAMILIES } from '../src/metrics/exposition.ts';
import { alarmTable, alarmTimesTable, between, figureTable, flagTable, metricTable } from './tables.ts';

const RESULTS = new URL('../bench/alerts/RESULTS.md', import.meta.url);

/** `update` gives the text of the file with its tables made anew. */
export type GeneratedDocument = {
  readonly name: string;
  readonly file: URL;
  readonly update: (text: string) => string;
};

export const DOCUMENTS: readonly GeneratedDocument[] = [
  {
    name: 'README.md',
    file: new URL('../README.md', import.meta.url),
    update: (text) =>
      between('figures', between('alarms', text, alarmTable()), figureTable(readFileSync(RESULTS, 'utf8'))),
  },
  {
    name: 'docs/configuration.md',
    file: new URL('configuration.md', import.meta.url),
    update: (text) => between('flags', text, flagTable()),
  },
  {
    name: 'docs/metrics.md',
    file: new URL('metrics.md', import.meta.url),
    update: (text) => between('alarms', between('metrics', text, metricTable(FAMILIES)), alarmTimesTable()),
  },
];
