import { describe, expect, it } from 'vitest';
import { Exposition, FAMILIES } from '../../src/metrics/exposition.ts';
import { type Family, type Series, single } from '../../src/metrics/family.ts';
import { publicationWith } from './publication.ts';

const series = (x: string, value: number | undefined): Series => ({ labels: { x }, value });

/** An exposition of families whose series a test changes between scrapes. */
function expositionOf(...names: readonly string[]) {
  const shown = new Map<string, readonly Series[]>();
  const families = names.map((name): Family => {
    const type = name.endsWith('_total') ? 'counter' : name === 'h' ? 'histogram' : 'gauge';
    return { name, type, help: name.toUpperCase(), labels: ['x'], series: () => shown.get(name) ?? [] };
  });
  const exposition = new Exposition(families);
  const render = async (format: 'text' | 'openmetrics' = 'text') =>
    (await exposition.render(publicationWith(), format)).body;
  return { shown, render };
}

describe('Exposition', () => {
  it('shows the current values, in the order of the list', async () => {
    const { shown, render } = expositionOf('a', 'b_total');
    shown.set('b_total', single(5));
    shown.set('a', [series('1', 1)]);
    await render();
    shown.set('b_total', single(7));
    expect(await render()).toBe(
      '# HELP a A\n# TYPE a gauge\na{x="1"} 1\n# HELP b_total B_TOTAL\n# TYPE b_total counter\nb_total 7\n',
    );
  });

  it('names the family of a counter without "_total" in OpenMetrics, and its sample with it', async () => {
    const { shown, render } = expositionOf('b_total');
    shown.set('b_total', single(7));
    expect(await render('openmetrics')).toBe('# HELP b B_TOTAL\n# TYPE b counter\nb_total 7\n# EOF\n');
    expect(await render('text')).toContain('# TYPE b_total counter\nb_total 7\n');
  });

  it('keeps no series whose source is gone', async () => {
    const { shown, render } = expositionOf('a');
    shown.set('a', [series('1', 1), series('2', 2)]);
    await render();
    shown.set('a', [series('2', 2)]);
    expect(await render()).not.toContain('x="1"');
  });

  it('leaves out a family without series, and a series without a value', async () => {
    const { shown, render } = expositionOf('a', 'b');
    shown.set('b', single(0));
    expect(await render()).toBe('# HELP b B\n# TYPE b gauge\nb 0\n');
    shown.set('b', single(undefined));
    expect(await render()).toBe('');
  });

  it('notices each kind of change: a value, a label, infinity, one series more or less', async () => {
    const { shown, render } = expositionOf('a');
    const linesAfter = async (...list: readonly Series[]) => {
      shown.set('a', list);
      return (await render()).split('\n').filter((line) => line.startsWith('a'));
    };
    expect(await linesAfter(series('1', 1))).toEqual(['a{x="1"} 1']);
    expect(await linesAfter(series('1', 2))).toEqual(['a{x="1"} 2']);
    expect(await linesAfter(series('3', 2))).toEqual(['a{x="3"} 2']);
    expect(await linesAfter(series('3', Number.POSITIVE_INFINITY))).toEqual(['a{x="3"} +Inf']);
    expect(await linesAfter(series('3', 2), series('4', 2))).toEqual(['a{x="3"} 2', 'a{x="4"} 2']);
    expect(await linesAfter(series('4', 2))).toEqual(['a{x="4"} 2']);
  });

  it('gives two scrapes at once the whole exposition each, the first one included', async () => {
    const names = Array.from({ length: 30 }, (_, i) => `a${i}`);
    const { shown, render } = expositionOf(...names);
    for (const name of names) shown.set(name, [series('1', 1)]);
    const first = render();
    const second = render();
    const counts = (await Promise.all([first, second])).map((text) => text.match(/^a/gm)?.length);
    expect(counts).toEqual([30, 30]);
  });

  it('renders the suffixes of a histogram', async () => {
    const { shown, render } = expositionOf('h');
    shown.set('h', [
      { labels: { le: '1' }, value: 1, suffix: '_bucket' },
      { labels: {}, value: 0.5, suffix: '_sum' },
    ]);
    expect(await render()).toContain('h_bucket{le="1"} 1\nh_sum 0.5\n');
  });

  it('fails one scrape and not the next when a family throws', async () => {
    let isBroken = true;
    const family: Family = {
      name: 'a',
      type: 'gauge',
      help: 'A',
      labels: [],
      series: () => {
        if (isBroken) throw new Error('broken');
        return single(1);
      },
    };
    const exposition = new Exposition([family]);
    await expect(exposition.render(publicationWith(), 'text')).rejects.toThrow('broken');
    isBroken = false;
    expect((await exposition.render(publicationWith(), 'text')).body).toContain('a 1\n');
  });
});

describe('FAMILIES', () => {
  it('has each name once', () => {
    const names = FAMILIES.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});
