import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MADE } from '../../alerts/generate.ts';
import { FAMILIES } from '../../src/metrics/exposition.ts';
import { RULE_ROWS } from '../../src/model/alarms/alarms.ts';
import { RELEASE } from '../../src/model/release.ts';
import { needs } from '../needs.ts';
import { ALERTS, metricsNamedIn, RECORDS, ROOT, RULES_FILE, RULES_TEXT, recordsNamedIn } from './rule-book.ts';
import { tool } from './tool.ts';

const RUNBOOKS = `https://github.com/conntrack-agent/conntrack-agent/blob/${RELEASE.tag}/docs/runbooks`;

describe('alerts/', () => {
  it.each(MADE)('has $name as the code makes it; `npm run alerts` writes it', ({ file, text }) => {
    expect(readFileSync(file, 'utf8')).toBe(text());
  });
});

describe('conntrack.rules.yaml', () => {
  it('passes every lint of promtool', async (context) => {
    needs(context, 'promtool');
    expect(await tool('promtool', ['check', 'rules', '--lint=all', '--lint-fatal', RULES_FILE])).toMatchObject({
      code: 0,
    });
  });

  it('passes its own tests in promtool', async (context) => {
    needs(context, 'promtool');
    const { code, output } = await tool('promtool', ['test', 'rules', `${ROOT}alerts/conntrack.rules.test.yaml`]);
    expect(code, output).toBe(0);
  }, 180_000);

  it('names no metric that the agent does not export', () => {
    const exported = FAMILIES.map(({ name }) => name);
    const named = [...ALERTS, ...RECORDS].flatMap(({ expr }) => metricsNamedIn(expr));
    const asked = ALERTS.flatMap(({ annotations }) => metricsNamedIn(annotations['description']!));
    expect(exported).toEqual(expect.arrayContaining([...named, ...asked]));
  });

  it('reads no series that it does not record', () => {
    expect(RECORDS.map(({ record }) => record)).toEqual(expect.arrayContaining(recordsNamedIn(RULES_TEXT)));
  });

  it('records nothing before what it is made of, since a group is evaluated in order', () => {
    for (const [index, { record, expr }] of RECORDS.entries()) {
      const earlier = RECORDS.slice(0, index).map((rule) => rule.record);
      expect(earlier, record).toEqual(expect.arrayContaining(recordsNamedIn(expr)));
    }
  });

  it('stays cheap: twelve recording rules at most, no label rewritten, no histogram read', () => {
    expect(RECORDS.length).toBeLessThanOrEqual(12);
    expect(RULES_TEXT).not.toMatch(/label_(replace|join)|_bucket\b|_sum\b|histogram_/);
  });

  it('tells our series from those that others export under the same names', () => {
    const shared = RULES_TEXT.match(/(?<![\w:])conntrack_entries(_limit|_peak)?(?![\w:]).{0,30}/g) ?? [];
    expect(shared.length).toBeGreaterThan(10);
    for (const use of shared) expect(use).toMatch(/^\w+\{(job=~"\.\*conntrack-agent\.\*"|%s)\}/);
  });

  it.each(ALERTS)('$alert says how bad it is, what, where and what to do', ({ alert, labels, annotations }) => {
    expect(Object.keys(labels)).toEqual(['severity']);
    expect(labels['severity']).toMatch(/^(critical|warning)$/);
    expect(Object.keys(annotations)).toEqual(['summary', 'description', 'runbook_url']);
    expect(annotations['summary']).toMatch(/\$labels\.(node|cluster|instance)/);
    expect(annotations['runbook_url']).toBe(`${RUNBOOKS}/${alert}.md`);
  });

  it('has an alert for each alarm of the agent, of its severity, with the words of its direct alert', () => {
    for (const { id, alertname, severity, summary, meaning, uncounted } of RULE_ROWS) {
      const rule = ALERTS.find(({ alert }) => alert === alertname);
      expect(rule?.labels, alertname).toEqual({ severity });
      expect(rule?.expr).toContain(`{alarm="${id}"}`);
      for (const words of [{ summary, meaning }, ...(uncounted === undefined ? [] : [uncounted])]) {
        expect(rule?.annotations['summary']).toContain(words.summary);
        expect(rule?.annotations['description']).toContain(words.meaning);
      }
      if (uncounted === undefined) expect(rule?.annotations['summary']).toBe(`Node {{ $labels.node }} ${summary}`);
    }
  });

  it('repeats no other alarm than those of the agent', () => {
    const asked = [...RULES_TEXT.matchAll(/alarm="(\w+)"/g)].map(([, id]) => id!);
    expect(new Set(asked)).toEqual(new Set(RULE_ROWS.map(({ id }) => id)));
  });
});

describe('the thresholds of clusters', () => {
  const comparing = ALERTS.filter(({ expr }) => /[<>]=? [\d.]*[2-9]/.test(expr) || /[<>]=? 0\.\d/.test(expr));

  it.each(comparing)('$alert has the sentence that says when to change its numbers', ({ alert, expr }) => {
    const comment = RULES_TEXT.split(`- alert: ${alert}\n`)[0]!
      .split(/^ +(?!#| ).*\n|^ +[^#\s].*\n/m)
      .at(-1)!;
    expect(comment).toMatch(/# .*(raise|lower) it/is);
    for (const [, number] of expr.matchAll(/>= ([\d.]+)/g)) {
      expect(`${comment}${RULES_TEXT.match(/# .*fewer than \d nodes/)}`).toContain(number!);
    }
  });

  it('are those of two alerts, and no alert has another number', () => {
    expect(comparing.map(({ alert }) => alert)).toEqual(['ConntrackClusterHeadroomLow', 'ConntrackLoadImbalanced']);
  });
});
