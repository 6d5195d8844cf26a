/** An object of Kubernetes as a value that can carry conditions of a Helm template, and keeps the comments of its YAML. */
import { isMap, isScalar, isSeq, type Node, parseDocument, stringify } from 'yaml';

/** `when` is a condition of a template, such as `.Values.flows.enabled`; an item without one is always there. */
export type Item = { readonly comment: string; when?: string; value: Tree };

export type Entry = Item & { readonly key: string };

/** Another text in place of a leaf's own, where a condition holds. */
export type Choice = { readonly when: string; readonly comment: string; readonly text: string };

export type Tree =
  /** Text of YAML: one line, or the lines of a block. */
  | { readonly kind: 'leaf'; text: string; readonly choices: Choice[] }
  /** An expression that gives YAML of several lines, as an own block; `otherwise` where it is empty. */
  | { readonly kind: 'expression'; readonly expression: string; readonly otherwise?: Tree }
  | { readonly kind: 'map'; readonly entries: Entry[]; readonly more: string[] }
  | { readonly kind: 'list'; readonly items: Item[]; readonly more: string[] };

/** `more` are lines of a template that follow the last item. */
export type MapTree = Extract<Tree, { kind: 'map' }>;
export type ListTree = Extract<Tree, { kind: 'list' }>;

export function treeOf(yaml: string): MapTree {
  const { contents } = parseDocument(yaml);
  if (!isMap(contents)) throw new SyntaxError(`Cannot read the object: expected a map, got ${JSON.stringify(yaml)}`);
  return treeOfNode(contents) as MapTree;
}

export function treeOfNode(node: Node): Tree {
  if (isMap(node) && !node.flow) {
    const entries = node.items.map(({ key, value }, i) => ({
      key: String((key as { value: unknown }).value),
      comment: commentOf(i === 0 ? node : key) || commentOf(key),
      value: treeOfNode(value as Node),
    }));
    return { kind: 'map', entries, more: [] };
  }
  if (isSeq(node) && !node.flow) {
    const items = node.items.map((item, i) => {
      const comment = commentOf(i === 0 ? node : item) || commentOf(item);
      (item as Node).commentBefore = null; // Else the first entry of a map would have it too.
      return { comment, value: treeOfNode(item as Node) };
    });
    return { kind: 'list', items, more: [] };
  }
  return { kind: 'leaf', text: leafText(node), choices: [] };
}

/** As written, 0440 for one; blocks anew, for they carry the indentation of their place. */
function leafText(node: Node): string {
  if (isScalar(node) && node.type === 'BLOCK_LITERAL') return `|\n${String(node.value).trimEnd()}`;
  if (isScalar(node) && node.type === 'PLAIN') return node.source ?? '';
  return stringify(node, { collectionStyle: 'flow', flowCollectionPadding: false }).trimEnd();
}

/** Comments that end a map belong to what follows it, which the parser does not know; none of ours do. */
function commentOf(node: unknown): string {
  return (node as { commentBefore?: string | null } | null)?.commentBefore ?? '';
}

/** `metadata.labels`, `spec.containers.0.args`: what is there. */
export function at(tree: Tree, path: string): Tree {
  return itemAt(tree, path).value;
}

export function itemAt(tree: Tree, path: string): Item {
  let item: Item = { comment: '', value: tree };
  for (const step of path.split('.')) {
    const found = childOf(item.value, step);
    if (found === undefined) throw new RangeError(`Cannot find "${step}" of "${path}" in the object`);
    item = found;
  }
  return item;
}

export function childOf(tree: Tree, step: string): Item | undefined {
  if (tree.kind === 'map') return tree.entries.find(({ key }) => key === step);
  return tree.kind === 'list' ? tree.items[Number(step)] : undefined;
}
