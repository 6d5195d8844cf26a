import { CORPUS } from './corpus.ts';
import { HELD_OUT_CORPUS } from './held-out-corpus.ts';
import type { Trace } from './trace.ts';

/** The alarms are tuned on the one and tested on the other. */
export const CORPORA = { tuning: CORPUS, 'held-out': HELD_OUT_CORPUS } as const satisfies Record<
  string,
  readonly Trace[]
>;

export type CorpusName = keyof typeof CORPORA;

export const CORPUS_NAMES = Object.keys(CORPORA) as CorpusName[];
