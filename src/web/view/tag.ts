/** The page as a value: the server writes it as HTML, the browser keeps its document equal to it. */

export type Tag = {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Content[];
};

/** Text is text: nothing in it is ever markup. */
export type Content = string | Tag;

type Given = Content | number | undefined | false;

/** Attributes that are undefined are left out, and so are children that are; `true` is an attribute without a value. */
export function tag(
  name: string,
  attributes: Readonly<Record<string, string | number | true | undefined>> = {},
  ...children: readonly Given[]
): Tag {
  const kept = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, value === true ? '' : String(value)]],
  );
  return { name, attributes: Object.fromEntries(kept), children: merged(children) };
}

/** Neighbouring texts become one, as they do in a document. */
function merged(children: readonly Given[]): Content[] {
  const contents: Content[] = [];
  for (const child of children) {
    if (child === undefined || child === false || child === '') continue;
    const last = contents.at(-1);
    if (typeof child === 'object') contents.push(child);
    else if (typeof last === 'string') contents[contents.length - 1] = `${last}${child}`;
    else contents.push(String(child));
  }
  return contents;
}

/** HTML of a piece of the page. */
export function htmlOf(content: Content): string {
  if (typeof content === 'string') return escapeHtml(content);
  const { name, attributes, children } = content;
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeHtml(value)}"`);
  return `<${name}${written.join('')}>${children.map(htmlOf).join('')}</${name}>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Safe as an element's text and inside a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}
