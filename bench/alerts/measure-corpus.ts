/** Started by measure(): replays the corpus its argument names and sends back what was seen. */
import { direct, others, ours } from './contenders.ts';
import { CORPORA, CORPUS_NAMES, type CorpusName } from './corpora.ts';
import type { Sent } from './measurement.ts';
import { type Replay, replay } from './replay.ts';

async function measured(corpus: CorpusName): Promise<Sent> {
  const replays: Replay[] = [];
  for (const trace of CORPORA[corpus]) replays.push(await replay(trace));
  return {
    corpus,
    firstLossesAt: replays.map(({ firstLossAt }) => firstLossAt),
    prometheus: await ours(replays),
    direct: direct(replays),
    others: await others(replays),
  };
}

const corpus = CORPUS_NAMES.find((name) => name === process.argv[2]);
if (corpus === undefined)
  throw new Error(`Cannot measure corpus "${process.argv[2]}": expected one of ${CORPUS_NAMES}`);
// The channel is closed only when all has been sent.
process.send?.(await measured(corpus), undefined, undefined, () => process.disconnect());
