import { describe, expect, it } from 'vitest';
import { htmlOf, tag } from '../../../src/web/view/tag.ts';

describe('htmlOf()', () => {
  it('writes text and attributes as text', () => {
    const evil = `<b a="1" b='2'>&`;
    expect(htmlOf(tag('p', { title: evil }, evil))).toBe(
      '<p title="&lt;b a=&quot;1&quot; b=&#39;2&#39;&gt;&amp;">&lt;b a=&quot;1&quot; b=&#39;2&#39;&gt;&amp;</p>',
    );
  });

  it('leaves out what is undefined and joins neighbouring texts, as a document does', () => {
    const piece = tag('p', { id: undefined, hidden: true }, 'a', undefined, '', 1, tag('b'), false, 'c');
    expect(piece.children).toEqual(['a1', tag('b'), 'c']);
    expect(htmlOf(piece)).toBe('<p hidden="">a1<b></b>c</p>');
  });
});
