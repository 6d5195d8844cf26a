/** The same line in logfmt, out of its JSON. */
export function toLogfmt(jsonLine: string): string {
  const { time, level, msg, ...fields } = JSON.parse(jsonLine) as Record<string, unknown>;
  const pairs = Object.entries({ time, level, msg, ...fields }).map(([key, value]) => `${key}=${logfmtValue(value)}`);
  return `${pairs.join(' ')}\n`;
}

/** Quoted where github.com/go-logfmt/logfmt (Prometheus, Loki) would quote; JSON's escapes are the ones its decoder reads. */
function logfmtValue(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text === '' || /[\s="\\\p{C}\p{Default_Ignorable_Code_Point}]/u.test(text) ? JSON.stringify(text) : text;
}
