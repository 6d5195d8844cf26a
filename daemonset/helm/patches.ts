/** The patches of a kustomize component, put into an object as parts that are there under a condition. */
import { isMap, type Node, parseDocument } from 'yaml';
import { childOf, type Item, itemAt, type ListTree, type MapTree, type Tree, treeOf, treeOfNode } from './tree.ts';

/** Key that tells the items of a list apart when kustomize merges them (x-kubernetes-patch-merge-key of the API). */
const MERGE_KEYS: Readonly<Record<string, string>> = {
  containers: 'name',
  initContainers: 'name',
  volumes: 'name',
  env: 'name',
  volumeMounts: 'mountPath',
};

/** What a kustomization.yaml of a component changes of objects of `kind`, under `condition`. */
export function patch(object: MapTree, kind: string, kustomization: string, condition: string): void {
  const { patches = [] } = parseDocument(kustomization).toJS() as { patches?: Patch[] };
  for (const { target, patch: text } of patches.filter(({ target }) => target.kind === kind)) {
    const { contents } = parseDocument(text);
    if (isMap(contents)) merge(object, treeOf(text), condition);
    else for (const [i, step] of stepsOf(text).entries()) take(object, { ...step, target: target.kind, i }, condition);
  }
}

type Patch = { readonly target: { readonly kind: string }; readonly patch: string };

type Step = { readonly op: string; readonly path: string; readonly comment: string; readonly value: Tree | undefined };

/** Of RFC 6902, each with the comment above it. */
function stepsOf(text: string): Step[] {
  const document = parseDocument(text);
  const list = treeOfNode(document.contents as Node) as ListTree;
  return list.items.map(({ comment, value }) => {
    const word = (key: string) => (childOf(value, key)?.value as { text?: string } | undefined)?.text ?? '';
    return { op: word('op'), path: word('path'), comment, value: childOf(value, 'value')?.value };
  });
}

function take(
  object: MapTree,
  { op, path, comment, value, target, i }: Step & { target: string; i: number },
  when: string,
) {
  const steps = path.split('/').slice(1);
  const last = steps.pop()!;
  if (op === 'test') return;
  if (op === 'remove') {
    itemAt(object, [...steps, last].join('.')).when = negated(when);
    return;
  }
  const parent = steps.length === 0 ? object : itemAt(object, steps.join('.')).value;
  const old = childOf(parent, last);
  if (value === undefined) throw new SyntaxError(`Cannot take step ${i} of the patch of ${target}: no value`);
  if (op === 'replace' && old !== undefined) replace(old, { comment, value }, when);
  else if (op === 'add' && parent.kind === 'list') parent.items.push({ comment, value, when });
  else if (op === 'add' && parent.kind === 'map') parent.entries.push({ key: last, comment, value, when });
  else throw new SyntaxError(`Cannot take step ${i} of the patch of ${target}: ${op} "${path}"`);
}

/** A strategic merge: maps by key, lists by merge key, everything else replaced. */
function merge(into: Tree, from: Tree, when: string, field = ''): void {
  if (into.kind === 'map' && from.kind === 'map') {
    for (const entry of from.entries) {
      const old = childOf(into, entry.key);
      if (old === undefined) into.entries.push({ ...entry, when });
      else mergeItem(old, entry, when, entry.key);
    }
  } else if (into.kind === 'list' && from.kind === 'list') {
    const mergeKey = MERGE_KEYS[field];
    for (const item of from.items) {
      const name = (value: Tree) => (childOf(value, mergeKey ?? '')?.value as { text?: string } | undefined)?.text;
      const old = mergeKey === undefined ? undefined : into.items.find(({ value }) => name(value) === name(item.value));
      if (old === undefined) into.items.push({ ...item, when });
      else mergeItem(old, item, when);
    }
  }
}

function mergeItem(old: Item, item: Item, when: string, field?: string): void {
  if (old.when !== undefined && old.when !== when) share(old, when);
  if (old.value.kind === 'leaf') replace(old, item, when);
  else merge(old.value, item.value, when, field);
}

/** A list that another component brought: there for either, and each has its own items. */
function share(item: Item, when: string): void {
  const { when: others, value } = item;
  if (others === undefined || value.kind !== 'list')
    throw new SyntaxError(`Cannot merge what is there only if ${others}`);
  for (const own of value.items) own.when ??= others;
  item.when = `or ${others} ${when}`;
}

function replace({ value: old }: Item, { comment, value }: Pick<Item, 'comment' | 'value'>, when: string): void {
  if (old.kind !== 'leaf' || value.kind !== 'leaf') throw new SyntaxError('Cannot replace more than a single value');
  if (old.text !== value.text) old.choices.push({ when, comment, text: value.text });
}

function negated(condition: string): string {
  return condition.startsWith('not ') ? condition.slice(4) : `not ${condition}`;
}
