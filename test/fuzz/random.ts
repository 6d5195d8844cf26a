import { randomFrom } from '../../simulator/random.ts';

/** Random inputs that a seed brings back. */
export class Random {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = randomFrom(seed);
  }

  /** 0 to 2^32 - 1. */
  next(): number {
    return this.#random() * 2 ** 32;
  }

  /** 0 to `below` - 1. */
  below(below: number): number {
    return Math.floor(this.#random() * below);
  }

  chance(probability: number): boolean {
    return this.#random() < probability;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }

  /** Each with even chance. */
  some<T>(values: readonly T[]): T[] {
    return values.filter(() => this.chance(0.5));
  }

  /** A number whose size, not its value, is evenly spread: edges and small numbers come often. */
  unsigned(bits: number): number {
    const width = this.below(bits + 1);
    if (width === 0) return 0;
    const value = this.next() / 2 ** (32 - Math.min(width, 32));
    return this.chance(0.1) ? 2 ** width - 1 : Math.floor(value);
  }
}

/** What bytes are replaced with where it hurts: lengths, signs and ends. */
const EDGES = [0, 1, 2, 3, 4, 7, 8, 15, 16, 20, 0x7f, 0x80, 0xfe, 0xff];

/** A copy with up to four changes: bytes flipped, set, inserted, removed, repeated, or the end cut off. */
export function mutatedBytes(random: Random, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  let result = Uint8Array.from(bytes);
  for (let changes = 1 + random.below(4); changes > 0; changes -= 1) {
    const at = random.below(result.length + 1);
    switch (random.below(7)) {
      case 0:
        if (at < result.length) result[at]! ^= 1 << random.below(8);
        break;
      case 1:
      case 2:
        if (at < result.length) result[at] = random.chance(0.5) ? random.pick(EDGES) : random.below(256);
        break;
      case 3:
        result = result.slice(0, at);
        break;
      case 4:
        result = joined(result.subarray(0, at), Uint8Array.of(random.below(256)), result.subarray(at));
        break;
      case 5:
        result = joined(result.subarray(0, at), result.subarray(at + 1 + random.below(8)));
        break;
      default: {
        const piece = result.subarray(at, at + random.below(64));
        result = joined(result.subarray(0, at), piece, result.subarray(at));
      }
    }
  }
  return result;
}

/** The same for a text, with words that mean something in its language among the changes. */
export function mutatedText(random: Random, text: string, words: readonly string[] = []): string {
  if (words.length > 0 && random.chance(0.5)) {
    const at = random.below(text.length + 1);
    return text.slice(0, at) + random.pick(words) + text.slice(at + random.pick([0, 0, 1, 4]));
  }
  return Buffer.from(mutatedBytes(random, Buffer.from(text, 'latin1'))).toString('latin1');
}

function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.concat(parts));
}
