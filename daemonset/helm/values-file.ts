/** values.yaml, values.schema.json and the table of the chart's README, out of the table of values. */
import { stringify } from 'yaml';
import { VALUES } from './values/all-values.ts';
import type { Schema, Value } from './values/value.ts';

const WIDTH = 120;

/** A value as a tree of keys: `flows.enabled` below `flows`. */
type Branch = { readonly [key: string]: Branch | Value };

const isValue = (node: Branch | Value): node is Value => 'schema' in node && 'help' in node;

function branches(values: readonly Value[]): Branch {
  const root: Record<string, unknown> = {};
  for (const value of values) {
    const [last = '', ...above] = value.name.split('.').reverse();
    let branch = root;
    for (const key of above.reverse()) {
      branch[key] ??= {};
      branch = branch[key] as Record<string, unknown>;
    }
    branch[last] = value;
  }
  return root as Branch;
}

export function valuesFile(): string {
  return `# Values of the chart. Made from daemonset/helm/values by \`npm run daemonset\`; give your own with -f or --set.\n${linesOf(branches(VALUES), 0).join('\n')}\n`;
}

function linesOf(branch: Branch, indent: number): string[] {
  const pad = ' '.repeat(indent);
  return Object.entries(branch).flatMap(([key, node]) => {
    if (isValue(node)) return valueLines(key, node, pad);
    const lines = linesOf(node, indent + 2);
    // Examples alone would leave the key without a value, which is null.
    const isEmpty = lines.every((line) => line.trimStart().startsWith('#'));
    return [`${pad}${key}:${isEmpty ? ' {}' : ''}`, ...lines];
  });
}

function valueLines(key: string, { fallback, help, schema }: Value, pad: string): string[] {
  const comment = wrapped(help, WIDTH - pad.length - 2).map((line) => `${pad}# ${line}`);
  if (fallback === undefined) return [...comment, `${pad}# ${key}: ... (${kindOf(schema)})`];
  const text = stringify({ [key]: fallback }, { lineWidth: 0 }).trimEnd();
  return [...comment, ...text.split('\n').map((line) => `${pad}${line}`)];
}

function kindOf({ minimum, maximum }: Schema): string {
  return minimum === undefined ? 'a duration such as 15m' : `a number from ${minimum} to ${maximum}`;
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}

export function schemaFile(): string {
  return `${JSON.stringify({ $schema: 'http://json-schema.org/draft-07/schema#', title: 'Values of conntrack-agent', ...schemaOf(branches(VALUES), true) }, undefined, 2)}\n`;
}

/** Helm gives a chart that is part of another the keys `global` and, by its `condition`, `enabled`. */
const OF_HELM: Readonly<Record<string, Schema>> = { global: { type: 'object' }, enabled: { type: 'boolean' } };

function schemaOf(branch: Branch, isRoot = false): Schema {
  const own = Object.entries(branch).map(([key, node]) => [
    key,
    isValue(node) ? { description: node.help, ...node.schema } : schemaOf(node),
  ]);
  return {
    type: 'object',
    additionalProperties: false,
    properties: { ...Object.fromEntries(own), ...(isRoot ? OF_HELM : {}) },
    // A section without a value, as one with comments alone, is null, and Helm then takes its defaults away.
    ...(isRoot ? { required: Object.keys(branch).filter((key) => !isValue(branch[key]!)) } : {}),
  };
}

/** Markdown, one row for each value. */
export function valueTable(): string {
  const rows = VALUES.map(({ name, fallback, help }) => {
    const shown = fallback === undefined || fallback === '' ? '' : `\`${JSON.stringify(fallback)}\``;
    return `| \`${name}\` | ${shown.replaceAll('|', '\\|')} | ${help.replaceAll('|', '\\|').replaceAll('<', '&lt;')} |`;
  });
  return ['| value | default | meaning |', '| --- | --- | --- |', ...rows].join('\n');
}
