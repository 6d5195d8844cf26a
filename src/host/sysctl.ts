const SEEN_CHARACTERS = 40;

/**
 * The number a sysctl prints: decimal, not negative, at most 2^53 - 1. White space around it is fine.
 * Throws SyntaxError for anything else.
 */
export function parseSysctl(text: string): number {
  const word = text.trim();
  if (!/^\d+$/.test(word)) throw new SyntaxError(`${describe(word)}, expected a whole number of 0 or more`);
  const value = Number(word);
  if (!Number.isSafeInteger(value)) throw new SyntaxError(`${describe(word)}, which is beyond 2^53`);
  return value;
}

function describe(word: string): string {
  if (word === '') return 'it is empty';
  const seen = word.length > SEEN_CHARACTERS ? `${word.slice(0, SEEN_CHARACTERS)}...` : word;
  return `it says ${JSON.stringify(seen)}`;
}
