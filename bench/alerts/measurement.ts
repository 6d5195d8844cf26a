import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Contender } from './contenders.ts';
import { CORPORA, type CorpusName } from './corpora.ts';
import type { Outcome } from './score.ts';

export type Measurement = {
  readonly corpus: CorpusName;
  readonly outcomes: readonly Outcome[];
  readonly prometheus: Contender;
  readonly direct: Contender;
  readonly others: readonly Contender[];
};

/** What can be sent from process to process, as a trace cannot: it holds functions. */
export type Sent = Omit<Measurement, 'outcomes'> & { readonly firstLossesAt: readonly (number | undefined)[] };

/** Replays a corpus in a process of its own, so that two corpora take two processors. */
export async function measure(corpus: CorpusName): Promise<Measurement> {
  const { firstLossesAt, ...rest } = await sentBy(corpus);
  return { ...rest, outcomes: CORPORA[corpus].map((trace, i) => ({ trace, firstLossAt: firstLossesAt[i] })) };
}

function sentBy(corpus: CorpusName): Promise<Sent> {
  const program = fileURLToPath(new URL('./measure-corpus.ts', import.meta.url));
  return new Promise((resolve, reject) => {
    const child = fork(program, [corpus], { serialization: 'advanced' });
    child.once('message', (sent) => resolve(sent as Sent));
    child.once('error', reject);
    // After a message this changes nothing any more.
    child.once('exit', (code) => reject(new Error(`Cannot measure the ${corpus} corpus: exit code ${code}`)));
  });
}
