import { describe, expect, it } from 'vitest';
import { chooseVictim, type HeldConnection, originOf } from '../../src/http/eviction.ts';

type Named = HeldConnection & { readonly name: string };

/** `name@origin` and words: proven, busy, and how long it has been idle. */
function connection(name: string, origin: string, words = '', idleMs = 0): Named {
  return { name, origin, proven: words.includes('proven'), busy: words.includes('busy'), idleSinceMs: 10_000 - idleMs };
}

const LIMITS = { connections: 4, reserved: 1 };
const NOBODY = undefined;

describe('chooseVictim()', () => {
  it.each<[sentence: string, held: Named[], newcomer: Named, victim: string | undefined]>([
    ['closes nobody while there is room', [connection('a', 'A')], connection('new', 'A'), NOBODY],
    [
      'lets a newcomer from elsewhere have the reserved place',
      [connection('a1', 'A'), connection('a2', 'A'), connection('a3', 'A')],
      connection('new', 'B'),
      NOBODY,
    ],
    [
      'keeps one origin out of the reserved place, at its own cost',
      [connection('a1', 'A', '', 5), connection('a2', 'A', '', 9), connection('a3', 'A', '', 1)],
      connection('new', 'A'),
      'a2',
    ],
    [
      'takes from the origin that holds the most, though another has been idle for longer',
      [
        connection('s', 'S', 'proven', 9_000),
        connection('a1', 'A', '', 2),
        connection('a2', 'A', '', 1),
        connection('b', 'B'),
      ],
      connection('new', 'C'),
      'a1',
    ],
    [
      'counts the newcomer as its origin’s',
      [connection('a1', 'A'), connection('a2', 'A'), connection('b1', 'B', '', 5), connection('b2', 'B', '', 9)],
      connection('new', 'B'),
      'b2',
    ],
    [
      'closes what never brought an answer before what did, though that has been idle for longer',
      [connection('p', 'A', 'proven', 9_000), connection('u', 'A', '', 1), connection('q', 'A', 'proven', 8_000)],
      connection('new', 'A'),
      'u',
    ],
    [
      'closes the longest idle where all have brought answers',
      [connection('p', 'A', 'proven', 7), connection('q', 'A', 'proven', 9), connection('r', 'A', 'proven', 8)],
      connection('new', 'A'),
      'q',
    ],
    [
      'spares a connection at work, though it never brought an answer',
      [connection('w', 'A', 'busy', 9_000), connection('p', 'A', 'proven', 1), connection('x', 'A', 'busy', 8_000)],
      connection('new', 'A'),
      'p',
    ],
    [
      'spares another origin’s idle connection though all of the flood’s are at work',
      [
        connection('a1', 'A', 'busy', 1),
        connection('a2', 'A', 'busy', 2),
        connection('a3', 'A', 'busy proven', 9),
        connection('s', 'S', 'proven', 9_000),
      ],
      connection('new', 'A'),
      'a2',
    ],
    [
      'weighs all origins together when each holds as many',
      [
        connection('a', 'A', 'proven', 9),
        connection('b', 'B', '', 1),
        connection('c', 'C', 'busy', 9),
        connection('d', 'D', 'proven', 8),
      ],
      connection('new', 'E'),
      'b',
    ],
  ])('%s', (_sentence, held, newcomer, victim) => {
    expect(chooseVictim(held, newcomer, LIMITS)?.name).toBe(victim);
  });

  it('fills every place of a listener whose clients all share one origin and which reserves none', () => {
    const held = Array.from({ length: 3 }, (_, i) => connection(`c${i}`, 'socket'));
    expect(chooseVictim(held, connection('new', 'socket'), { connections: 4, reserved: 0 })).toBeUndefined();
  });
});

describe('originOf()', () => {
  it.each([
    ['10.1.2.3', '10.1.2.3'],
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::6', '2001:db8:1:2'],
    ['2001:db8::6', '2001:db8:0:0'],
    ['2001:db8::3:4:5:6:7', '2001:db8:0:3'],
    ['::1', '0:0:0:0'],
    ['fe80::a:b%eth0', 'fe80:0:0:0'],
    [undefined, 'socket'],
  ])('puts %s with %s', (address, origin) => {
    expect(originOf(address)).toBe(origin);
  });
});
