/** The candidate a mistyped word most likely meant; undefined when none is close enough to be worth naming. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const [best] = candidates
    .map((candidate) => ({ candidate, distance: distanceTo(candidate, word) }))
    .filter(({ candidate, distance }) => distance <= Math.max(1, Math.floor(candidate.length / 4)))
    .sort((a, b) => a.distance - b.distance);
  return best?.candidate;
}

/** A flag without its first word (`--telemetry-path`) is no further away than one typing mistake. */
function distanceTo(candidate: string, word: string): number {
  if (word.length > 0 && candidate.endsWith(`.${word}`)) return 1;
  // Also bounds the work: the word may be anything, of any length.
  if (Math.abs(candidate.length - word.length) > candidate.length / 4) return Infinity;
  return editDistance(candidate, word);
}

/** Levenshtein: insertions, deletions and substitutions. */
function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [row, char] of [...a].entries()) {
    const line = [row + 1];
    for (let i = 0; i < b.length; i++) {
      line.push(Math.min(above[i + 1]! + 1, line[i]! + 1, above[i]! + (char === b[i] ? 0 : 1)));
    }
    above = line;
  }
  return above[b.length]!;
}
