/** Retired words stay out of names; docs/glossary.md has the words to use. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createSourceFile, forEachChild, isIdentifier, isPrivateIdentifier, type Node, ScriptTarget } from 'typescript';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDERS = ['src', 'test', 'bench', 'dashboards', 'alerts', 'daemonset', 'docs'];

/** Each retired word or phrase and what to say instead. Only whole words of a name count: `cast` does not match `castle`. */
const RETIRED: readonly (readonly [retired: string, useInstead: string])[] = [
  ['blind', 'no data'],
  ['breathe', 'yield'],
  ['burning', 'firing'],
  ['burns', 'fires'],
  ['calm', 'inactive'],
  ['calming', 'resolving'],
  ['cast', 'simulated nodes'],
  ['contradiction', 'conflict'],
  ['contradictions', 'conflicts'],
  ['culprit', 'top source or top destination'],
  ['doors', 'authentication or TLS'],
  ['doubt', 'warning'],
  ['doubts', 'warnings'],
  ['draft', 'the name of what is built'],
  ['evidence', 'alarm inputs'],
  ['gate', 'authentication or TLS'],
  ['headline', 'summary'],
  ['holders', 'top sources or top destinations'],
  ['ledger', 'the alerts that were sent'],
  ['nearness', 'alarm inputs'],
  ['oddities', 'violations'],
  ['oddity', 'violation'],
  ['offence', 'violation'],
  ['offences', 'violations'],
  ['precedent', 'recent maximum'],
  ['refusing', 'dropping'],
  ['relit', 'firing again'],
  ['strikes', 'consecutive failures'],
  ['surroundings', 'environment'],
  ['urgency', 'alarm inputs'],
  ['verdict', 'result'],
  ['verdicts', 'results of authentication'],
  ['victim', 'connection to evict'],
  ['weather', 'background losses'],
  ['when there', 'the condition itself'],
  ['wire', 'connection'],
  ['word on', 'summary of'],
];

/** Names that may hold a retired word because it is a term of the field there, with the reason. */
const ALLOWED: ReadonlyMap<string, string> = new Map([
  ['isRefused', "outcome 'refused': Alertmanager answered the post with an error"],
  ['refusedMs', "outcome 'refused': time until the next post after such an answer"],
]);

type Violation = { readonly where: string; readonly name: string; readonly useInstead: string };

/** `readCpuRow` as read, cpu, row; `CTA_STATS` as cta, stats; `top-flows` as top, flows. */
function wordsOf(name: string): string[] {
  return (name.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g) ?? []).map((word) => word.toLowerCase());
}

/** Identifiers of the code; comments and strings are not names. */
function identifiersOf(text: string): Set<string> {
  const names = new Set<string>();
  const visit = (node: Node): void => {
    if (isIdentifier(node) || isPrivateIdentifier(node)) names.add(node.text);
    forEachChild(node, visit);
  };
  visit(createSourceFile('file.ts', text, ScriptTarget.Latest));
  return names;
}

function violationsOf(path: string, text: string): Violation[] {
  const names = [basename(path), ...(path.endsWith('.ts') ? identifiersOf(text) : [])];
  return names
    .filter((name) => !ALLOWED.has(name))
    .flatMap((name) => {
      const words = ` ${wordsOf(name).join(' ')} `;
      const found = RETIRED.filter(([retired]) => words.includes(` ${retired} `));
      return found.map(([, useInstead]) => ({ where: path, name, useInstead }));
    });
}

const isOurs = (path: string) => !/(^|\/)node_modules\//.test(path);

function filesIn(folder: string): string[] {
  const entries = readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return files.map((path) => path.slice(ROOT.length)).filter(isOurs);
}

describe('the names of files and in code', () => {
  it.each(FOLDERS)('hold no retired word in %s', (folder) => {
    const violations = filesIn(folder).flatMap((path) =>
      violationsOf(path, path.endsWith('.ts') ? readFileSync(join(ROOT, path), 'utf8') : ''),
    );
    expect(violations).toEqual([]);
  });

  it('would be seen to hold one, as a whole word only', () => {
    const found = (text: string) => violationsOf('src/x.ts', text).map(({ name }) => name);
    expect(found('const weatherOf = (a: Culprit) => a.#whenThere;')).toEqual(['weatherOf', 'Culprit', '#whenThere']);
    expect(found('const gateway = castle; // weather\nconst text = "culprit";')).toEqual([]);
    expect(violationsOf('simulator/weather.yaml', '')).toEqual([
      { where: 'simulator/weather.yaml', name: 'weather.yaml', useInstead: 'background losses' },
    ]);
  });
});
