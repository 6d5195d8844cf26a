import { describe, expect, it } from 'vitest';
import { FamilyTexts, textsOf } from '../../src/metrics/family.ts';

const GAUGE = { name: 'a', type: 'gauge', labels: ['x'], help: 'A' } as const;
const series = (x: string, value: number) => ({ labels: { x }, value });

describe('FamilyTexts', () => {
  it('shows the values last published, in the order of registration', async () => {
    const families = new FamilyTexts();
    const a = families.labelled(GAUGE);
    const b = families.scalars([{ name: 'b_total', type: 'counter', help: 'B', value: (n: number) => n }]);
    b(5);
    a([series('1', 1)]);
    b(7);
    expect(await families.render('text')).toBe(
      '# HELP a A\n# TYPE a gauge\na{x="1"} 1\n# HELP b_total B\n# TYPE b_total counter\nb_total 7\n',
    );
  });

  it('replaces all series of a family: none outlives its source', async () => {
    const families = new FamilyTexts();
    const a = families.labelled(GAUGE);
    a([series('1', 1), series('2', 2)]);
    await families.render('text');
    a([series('2', 2)]);
    expect(await families.render('text')).not.toContain('x="1"');
  });

  it('leaves out a family without series, and a scalar that went away', async () => {
    const families = new FamilyTexts();
    families.labelled(GAUGE)([]);
    const b = families.scalars([{ name: 'b', type: 'gauge', help: 'B', value: (n?: number) => n }]);
    b(0);
    expect(await families.render('text')).toBe('# HELP b B\n# TYPE b gauge\nb 0\n');
    b(undefined);
    expect(await families.render('text')).toBe('');
  });

  it('notices each kind of change: a value, a label, infinity, one series more or less', async () => {
    const families = new FamilyTexts();
    const a = families.labelled(GAUGE);
    const shown = async (...list: ReturnType<typeof series>[]) => {
      a(list);
      return (await families.render('text')).split('\n').filter((line) => line.startsWith('a'));
    };
    expect(await shown(series('1', 1))).toEqual(['a{x="1"} 1']);
    expect(await shown(series('1', 2))).toEqual(['a{x="1"} 2']);
    expect(await shown(series('3', 2))).toEqual(['a{x="3"} 2']);
    expect(await shown(series('3', Number.POSITIVE_INFINITY))).toEqual(['a{x="3"} +Inf']);
    expect(await shown(series('3', 2), series('4', 2))).toEqual(['a{x="3"} 2', 'a{x="4"} 2']);
    expect(await shown(series('4', 2))).toEqual(['a{x="4"} 2']);
  });

  it('gives two scrapes at once the whole exposition each, the first one included', async () => {
    const families = new FamilyTexts();
    const publishes = Array.from({ length: 30 }, (_, i) => families.labelled({ ...GAUGE, name: `a${i}` }));
    for (const publish of publishes) publish([series('1', 1)]);
    const first = families.render('text');
    publishes[0]!([series('1', 2)]);
    const second = families.render('text');
    const counts = (await Promise.all([first, second])).map((text) => text.match(/^a/gm)?.length);
    expect(counts).toEqual([30, 30]);
    expect(await second).toContain('a0{x="1"} 2');
  });

  it('has no series of a histogram before the first observation', async () => {
    const families = new FamilyTexts();
    const observe = families.histogram({ name: 'h', type: 'histogram', help: 'H', buckets: [1] });
    expect(await families.render('text')).toBe('');
    observe(0.5);
    expect(await families.render('text')).toContain(
      'h_bucket{le="1"} 1\nh_bucket{le="+Inf"} 1\nh_sum 0.5\nh_count 1\n',
    );
  });
});

describe('textsOf()', () => {
  it('names the family of a counter without "_total" in OpenMetrics, and its sample with it', () => {
    const { openMetrics } = textsOf('# HELP b_total B\n# TYPE b_total counter\nb_total 7');
    expect(openMetrics).toBe('# HELP b B\n# TYPE b counter\nb_total 7\n');
  });
});
