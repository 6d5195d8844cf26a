/** What turns an object of the manifests into a template: places that are values, and the names of the release. */
import { emit } from './emit.ts';
import { at, itemAt, type MapTree, type Tree } from './tree.ts';

const HEAD = '{{- /* Made from the manifests of kustomize by `npm run daemonset`; change those. */}}';

/** The value at `path` as text of a template. */
export function text(object: MapTree, path: string, template: string): void {
  itemAt(object, path).value = { kind: 'leaf', text: template, choices: [] };
}

/** The value at `path` as what a helper of the chart gives. */
export function include(object: MapTree, path: string, name: string): void {
  itemAt(object, path).value = { kind: 'expression', expression: `include "conntrack-agent.${name}" .` };
}

/** The value at `path` as a value of the chart. */
export function values(object: MapTree, path: string, value: string): void {
  itemAt(object, path).value = { kind: 'expression', expression: `toYaml .Values.${value}` };
}

/** A value that replaces all of ours where it is set. */
export function orElse(object: MapTree, path: string, value: string): void {
  const item = itemAt(object, path);
  item.value = { kind: 'expression', expression: `.Values.${value}`, otherwise: item.value };
}

/** A value that comes after ours, in a map or a list. */
export function withMore(object: MapTree, path: string, expression: string): void {
  const tree = at(object, path);
  if (tree.kind !== 'map' && tree.kind !== 'list')
    throw new SyntaxError(`Cannot add to "${path}": it is no map or list`);
  tree.more.push(`{{- with ${expression} }}`, '{{- toYaml . | nindent $INDENT }}', '{{- end }}');
}

/** Name, namespace and labels of the release, quoted: a release may be called 12345 or true. */
export function named(object: MapTree, name = 'conntrack-agent.fullname', isNamespaced = true): void {
  const { entries } = at(object, 'metadata') as MapTree;
  text(object, 'metadata.name', `{{ include "${name}" . | quote }}`);
  const labels = '{{- include "conntrack-agent.labels" . | nindent $INDENT }}';
  itemAt(object, 'metadata.labels').value = { kind: 'map', entries: [], more: [labels] };
  const others = entries.filter(({ key }) => key !== 'name' && key !== 'namespace');
  const namespace: Tree = { kind: 'leaf', text: '{{ include "conntrack-agent.namespace" . | quote }}', choices: [] };
  const own = isNamespaced ? [{ key: 'namespace', comment: '', value: namespace }] : [];
  entries.splice(0, entries.length, entries.find(({ key }) => key === 'name')!, ...own, ...others);
}

export function textOf(object: MapTree): string {
  return `${emit(object).join('\n')}\n`;
}

/** The file of a template. Whatever is rendered, values that exclude each other are refused. */
export function onlyIf(condition: string | undefined, template: string): string {
  const head = `${HEAD}\n{{- include "conntrack-agent.check" . }}\n`;
  return condition === undefined ? `${head}${template}` : `${HEAD}\n{{- if ${condition} }}\n${template}{{- end }}\n`;
}
