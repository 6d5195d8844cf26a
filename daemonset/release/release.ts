/** The file RELEASE as a value. */
import { readFileSync } from 'node:fs';

const KEYS = ['application', 'chart', 'manifests', 'rules', 'dashboards', 'prometheus', 'kubernetes', 'node'] as const;

export type Release = { readonly [K in (typeof KEYS)[number]]: string };

const VERSION = /^\d+\.\d+\.\d+(-[0-9a-z.]+)?$/;
const FORMATS: { readonly [K in keyof Release]: RegExp } = {
  application: VERSION,
  chart: VERSION,
  manifests: VERSION,
  rules: VERSION,
  dashboards: VERSION,
  prometheus: /^\d+\.\d+$/,
  kubernetes: /^\d+\.\d+ - \d+\.\d+$/,
  node: /^\d+$/,
};

export function parseRelease(text: string): Release {
  const lines = text.split('\n').map((line) => line.replace(/#.*/, '').trim());
  const found = new Map(lines.filter((line) => line !== '').map((line) => line.split(/:\s*/, 2) as [string, string]));
  const wrong = KEYS.filter((key) => !FORMATS[key].test(found.get(key) ?? ''));
  const unknown = [...found.keys()].filter((key) => !KEYS.some((known) => known === key));
  if (wrong.length + unknown.length > 0) {
    const problems = [
      ...wrong.map((key) => `${key}: expected ${FORMATS[key].source}, got "${found.get(key) ?? ''}"`),
      ...unknown.map((key) => `${key}: not one of ${KEYS.join(', ')}`),
    ];
    throw new SyntaxError(`Cannot read "RELEASE": ${problems.join('; ')}`);
  }
  return Object.fromEntries(found) as Release;
}

export const ROOT = new URL('../../', import.meta.url);

export function readRelease(): Release {
  return parseRelease(readFileSync(new URL('RELEASE', ROOT), 'utf8'));
}
