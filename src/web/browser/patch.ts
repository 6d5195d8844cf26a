import type { Content, Tag } from '../view/tag.ts';

/** A node of the document that is equal to `content`. Text goes in as text. */
export function create(content: Content): Node {
  if (typeof content === 'string') return document.createTextNode(content);
  const element = document.createElement(content.name);
  for (const [name, value] of Object.entries(content.attributes)) element.setAttribute(name, value);
  element.append(...content.children.map(create));
  return element;
}

/**
 * Makes `node`, which was equal to `before`, equal to `after`, and touches nothing that is the same: focus, selection and
 * what the chart put into its place stay.
 */
export function patch(node: Node, before: Content, after: Content): void {
  if (typeof before === 'string' && typeof after === 'string') {
    if (before !== after) node.nodeValue = after;
  } else if (typeof before === 'object' && typeof after === 'object' && before.name === after.name) {
    patchAttributes(node as Element, before, after);
    patchChildren(node as Element, before, after);
  } else {
    (node as ChildNode).replaceWith(create(after));
  }
}

function patchAttributes(element: Element, before: Tag, after: Tag): void {
  for (const name of Object.keys(before.attributes)) if (!(name in after.attributes)) element.removeAttribute(name);
  for (const [name, value] of Object.entries(after.attributes)) {
    if (before.attributes[name] !== value) element.setAttribute(name, value);
  }
}

function patchChildren(element: Element, before: Tag, after: Tag): void {
  const nodes = [...element.childNodes].slice(0, before.children.length);
  for (const [i, node] of nodes.entries()) {
    const next = after.children[i];
    if (next === undefined) node.remove();
    else patch(node, before.children[i]!, next);
  }
  element.append(...after.children.slice(before.children.length).map(create));
}
