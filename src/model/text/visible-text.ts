/**
 * Names that somebody else chose, such as those of programs, before they are printed: what is in them must not drive the
 * terminal of whoever reads them, hide, or pass for what stands beside them.
 */
import { isUtf8 } from 'node:buffer';

/**
 * Controls (C0, C1), marks that change the direction of writing and other format characters, what stands for no character
 * (Cs, Co, Cn), separators of lines, spaces that are not the space, and all that a font may draw nothing for.
 */
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?! )\p{Zs}/gu;

/** Bytes of UTF-8 as text, and each byte that is none as \xNN: a name of the kernel is any bytes, and cut without regard to characters. */
export function textOfBytes(bytes: Uint8Array): string {
  if (isUtf8(bytes)) return decode(bytes);
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const sequence = bytes.subarray(at, at + sequenceLength(bytes[at]!));
    const isCharacter = isUtf8(sequence);
    text += isCharacter ? decode(sequence) : hexEscape(bytes[at]!);
    at += isCharacter ? sequence.length : 1;
  }
  return text;
}

/** Bytes that a character takes by its first one. */
function sequenceLength(first: number): number {
  if (first < 0xc0) return 1;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}

function decode(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
}

/** One line for a terminal: what is not to be seen is spelled out. */
export function visibleLine(text: string): string {
  return text.replace(INVISIBLE, (character) => escapeOf(character.codePointAt(0)!));
}

/** The same for a text of several lines. */
export function visibleLines(text: string): string {
  return text.split('\n').map(visibleLine).join('\n');
}

/** A name in a list of words: in quotes, with none within, where it could be taken for more than one word or for no name. */
export function visibleName(name: string): string {
  const text = visibleLine(name);
  if (text === name && !/^$|[\s,;"'\\]/.test(name)) return name;
  return `"${text.replaceAll('"', hexEscape(0x22))}"`;
}

/** JSON that may be shown on a terminal, with the same values: JSON itself escapes no more than C0. */
export function visibleJson(json: string): string {
  return json.replace(INVISIBLE, (character) => (character === '\n' ? character : jsonEscape(character)));
}

function escapeOf(code: number): string {
  if (code === 0x0a) return '\\n';
  if (code <= 0xff) return hexEscape(code);
  return code <= 0xffff ? `\\u${hex(code, 4)}` : `\\u{${hex(code, 0)}}`;
}

function hexEscape(code: number): string {
  return `\\x${hex(code, 2)}`;
}

/** Of a character beyond the first 65,536 the two halves. */
function jsonEscape(character: string): string {
  return Array.from({ length: character.length }, (_, i) => `\\u${hex(character.charCodeAt(i), 4)}`).join('');
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
