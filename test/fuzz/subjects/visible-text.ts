import {
  textOfBytes,
  visibleJson,
  visibleLine,
  visibleLines,
  visibleName,
} from '../../../src/model/text/visible-text.ts';
import { mutatedBytes, type Random } from '../random.ts';
import { hold, type Subject } from '../subject.ts';

const NAMES = [
  'nginx',
  'ku\u0308be',
  '\x1b]0;title\x07',
  '\x1b[2J\x1b[H',
  'a\u202eb',
  'a\u200bb',
  '"a", "b"',
  '名前',
  '\u{1f9ff}',
  'x\r\ny',
];
const FORBIDDEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/u;

/** Names of processes are any bytes. */
export const VISIBLE_TEXT: Subject = {
  name: 'visible-text',
  invariant: 'no control, no change of direction and no invisible character reaches a terminal; JSON keeps its values',
  run(random: Random) {
    const text = textOfBytes(mutatedBytes(random, Buffer.from(random.pick(NAMES) + random.pick(NAMES))));
    for (const line of [visibleLine(text), visibleName(text), ...visibleLines(text).split('\n')])
      hold(!FORBIDDEN.test(line), () => `${JSON.stringify(text)} is shown as ${JSON.stringify(line)}`);
    hold(visibleLine(visibleLine(text)) === visibleLine(text), () => `shown twice it changes: ${JSON.stringify(text)}`);
    const json = visibleJson(JSON.stringify({ text }));
    hold(!FORBIDDEN.test(json) && JSON.parse(json).text === text, () => `JSON of ${JSON.stringify(text)}`);
  },
};
