import { describe, expect, it } from 'vitest';
import { Redrawing, type Terminal } from '../../../src/cli/flows/views.ts';

function terminalOf(options: Partial<Terminal> = {}): { terminal: Terminal; writes: string[] } {
  const writes: string[] = [];
  const write = (text: string) => void writes.push(text);
  return { terminal: { write, isInteractive: true, columns: 80, rows: 24, ...options }, writes };
}

describe('Redrawing', () => {
  it('writes each text over the one before, in one write, and gives the cursor back', () => {
    const { terminal, writes } = terminalOf();
    const screen = new Redrawing(terminal);
    screen.show('a\nb');
    screen.show('c');
    screen.end();
    expect(writes).toEqual(['\x1b[?25la\x1b[K\nb\x1b[K\n\x1b[J', '\x1b[2A\rc\x1b[K\n\x1b[J', '\r\x1b[K\x1b[?25h']);
  });

  it('leaves out what does not fit on the screen', () => {
    const { terminal, writes } = terminalOf({ rows: 3, columns: 4 });
    new Redrawing(terminal).show('abcdef\nb\nc\nd');
    expect(writes).toEqual(['\x1b[?25labcd\x1b[K\nb\x1b[K\n\x1b[J']);
  });

  it('writes plain texts one after the other to what is no terminal', () => {
    const { terminal, writes } = terminalOf({ isInteractive: false });
    const screen = new Redrawing(terminal);
    screen.show('a\nb');
    screen.show('c');
    screen.end();
    expect(writes).toEqual(['a\nb\n\n', 'c\n\n']);
  });
});
