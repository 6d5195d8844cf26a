import { randomInt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Random } from './random.ts';
import { fuzz } from './subject.ts';
import { SUBJECTS } from './subjects.ts';

/** A short part of `npm run fuzz`, with other inputs each time but in CI, where a change must not fail for what was there before it. */
const MS = 1000;

describe('what reads the words of others', () => {
  it.each(SUBJECTS.map(({ subject }) => [subject.name, subject.invariant, subject] as const))(
    '%s: %s',
    async (name, _, subject) => {
      const seed = process.env['CI'] === 'true' ? 1 : randomInt(2 ** 32 - 1);
      const { failure, inputs } = await fuzz(
        subject,
        seed,
        { inputs: Number.POSITIVE_INFINITY, ms: MS },
        (own) => new Random(own),
      );
      const again = `npm run fuzz -- --subject ${name} --seed ${failure?.seed} --inputs 1`;
      expect(failure?.error, `${again}\n${failure?.error.stack}`).toBeUndefined();
      expect(inputs).toBeGreaterThan(0);
    },
  );
});
