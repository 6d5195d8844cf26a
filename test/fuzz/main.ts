/**
 * `npm run fuzz -- [--inputs N] [--seconds S] [--seed N] [--subject NAME]`: ten million inputs in all unless told otherwise.
 * Each input has a seed; `--subject NAME --seed N --inputs 1` makes that one again.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { Random } from './random.ts';
import { fuzz, type Outcome } from './subject.ts';
import { SUBJECTS } from './subjects.ts';

const print = (text: string) => void process.stdout.write(`${text}\n`);

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '10000000' },
    seconds: { type: 'string', default: 'Infinity' },
    seed: { type: 'string', default: String(randomInt(2 ** 32 - 1)) },
    subject: { type: 'string' },
  },
});
const [inputs, seconds, seed] = [Number(values.inputs), Number(values.seconds), Number(values.seed)];
const chosen = SUBJECTS.filter(({ subject }) => values.subject === undefined || subject.name === values.subject);
if (chosen.length === 0 || ![inputs, seconds, seed].every((number) => number >= 0)) {
  const names = SUBJECTS.map(({ subject }) => subject.name).join(', ');
  process.stderr.write(`Cannot fuzz "${process.argv.slice(2).join(' ')}": expected numbers, and one of ${names}\n`);
  process.exit(2);
}

print(`seed ${seed}`);
print('| input | inputs | seconds | slowest, ms | heap grown, MB | held |');
print('|---|---|---|---|---|---|');
const outcomes: Outcome[] = [];
for (const { subject, share } of chosen) {
  const own = values.subject === undefined ? share : 1;
  const budget = { inputs: Math.ceil(inputs * own), ms: (seconds * 1000) / chosen.length };
  const outcome = await fuzz(subject, seed, budget, (each) => new Random(each));
  outcomes.push(outcome);
  const { inputs: done, seconds: took, slowestMs, heapGrowthMb, failure } = outcome;
  const held = failure === undefined ? 'yes' : 'NO';
  print(
    `| ${subject.name} | ${done} | ${took.toFixed(1)} | ${slowestMs.toFixed(1)} | ${heapGrowthMb.toFixed(1)} | ${held} |`,
  );
}
const total = outcomes.reduce((sum, outcome) => sum + outcome.inputs, 0);
print(`| all | ${total} | ${outcomes.reduce((sum, outcome) => sum + outcome.seconds, 0).toFixed(1)} | | | |`);
for (const { failure } of outcomes) {
  if (failure === undefined) continue;
  process.exitCode = 1;
  print(`\n${failure.subject}, to be made again by --subject ${failure.subject} --seed ${failure.seed} --inputs 1:`);
  print(`${failure.error.stack}`);
}
