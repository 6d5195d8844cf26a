/**
 * Run inside the lab's node by census.test.ts; one JSON value on stdout. `list`: every flow; `census BUDGET TOP`: the
 * census; `dump`: how a whole dump went, and the word "reading" on stderr as soon as it has begun.
 */
import { readFileSync } from 'node:fs';
import { FlowDumper, type FlowSink } from '../../src/host/flow-dump.ts';
import { CENSUS_CAPACITY, CensusCount } from '../../src/judge/census/count.ts';
import { ABSENT, type Flow } from '../../src/netlink/flow.ts';
import { type PlainFlow, plainFlow } from '../netlink/flow-frames.ts';

const [mode, ...numbers] = process.argv.slice(2);

function tableSize() {
  const read = (name: string) => Number(readFileSync(`/proc/sys/net/netfilter/nf_conntrack_${name}`, 'utf8'));
  return { entries: read('count'), buckets: read('buckets') };
}

function dump<Sink extends FlowSink>(begin: () => Sink, budget = 0) {
  return new FlowDumper().dump({ budget, begin, tableSize });
}

class Lister implements FlowSink {
  readonly flows: PlainFlow[] = [];
  add(flow: Flow): void {
    this.flows.push(plainFlow(flow));
  }
}

class Teller implements FlowSink {
  #isFirst = true;
  add(flow: Flow): void {
    if (this.#isFirst) process.stderr.write('reading\n');
    this.#isFirst = false;
    if (flow.original.protocol === ABSENT) throw new Error('Cannot happen');
  }
}

async function answer(): Promise<unknown> {
  if (mode === 'list') return (await dump(() => new Lister())).sink.flows;
  if (mode === 'dump') {
    const { read, isComplete, isDisturbed, tries } = await dump(() => new Teller());
    return { read, isComplete, isDisturbed, tries };
  }
  const [budget, top] = numbers.map(Number);
  const options = { top: top!, capacity: CENSUS_CAPACITY, seed: 4711 };
  const taken = await dump(() => new CensusCount(options).begin(undefined), budget);
  return taken.sink.end(taken);
}

process.stdout.write(JSON.stringify(await answer()));
