import { describe, expect, it } from 'vitest';
import { ALARM_RULES, HORIZON_SECONDS } from '../../src/judge/alarm.ts';
import { NEWS_SHARE, TROUBLE_USAGE } from '../../src/judge/precedent.ts';
import { METRICS } from '../../src/metrics/catalogue.ts';
import { ALERT_KINDS } from '../../src/pager/alert-kinds.ts';
import { needs } from '../needs.ts';
import { ALERTS, metricsNamedIn, RECORDS, ROOT, RULES_FILE, RULES_TEXT, threshold } from './rule-book.ts';
import { tool } from './tool.ts';

const RUNBOOKS = 'https://github.com/conntrack-agent/conntrack-agent/blob/main/docs/runbooks';
const thresholds = RECORDS.filter(({ record }) => record.startsWith('conntrack:threshold:'));

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
    const exported = METRICS.map(({ name }) => name);
    const expressions = [...ALERTS, ...RECORDS].map(({ expr }) => expr).join('\n');
    expect(exported).toEqual(expect.arrayContaining(metricsNamedIn(expressions)));
  });

  it('reads no series that it does not record', () => {
    const recorded = RECORDS.map(({ record }) => record);
    const read = RULES_TEXT.match(/(?<![\w:])(node|cluster|conntrack):[a-z0-9_]+:[a-z0-9_]+/g) ?? [];
    expect(recorded).toEqual(expect.arrayContaining(read));
  });

  it('records nothing before what it is made of, since a group is evaluated in order', () => {
    for (const [index, { record, expr }] of RECORDS.entries()) {
      const earlier = RECORDS.slice(0, index).map((rule) => rule.record);
      const read = expr.match(/(?<![\w:])(node|cluster|conntrack):[a-z0-9_]+:[a-z0-9_]+/g) ?? [];
      expect(earlier, record).toEqual(expect.arrayContaining(read));
    }
  });

  it.each(ALERTS)('$alert says how bad it is, what, where and what to do', ({ alert, labels, annotations }) => {
    expect(Object.keys(labels)).toEqual(['severity']);
    expect(labels['severity']).toMatch(/^(critical|warning)$/);
    expect(Object.keys(annotations)).toEqual(['summary', 'description', 'runbook_url']);
    expect(annotations['summary']).toMatch(/\$labels\.(node|cluster)/);
    expect(annotations['runbook_url']).toBe(`${RUNBOOKS}/${alert}.md`);
  });

  it('calls the agents own alarms by the names and severities of their pages', () => {
    for (const { alertname, severity } of Object.values(ALERT_KINDS)) {
      expect(ALERTS.find(({ alert }) => alert === alertname)?.labels['severity']).toBe(severity);
    }
  });
});

describe('the thresholds', () => {
  it.each(thresholds)('$record says when to change it', ({ record }) => {
    const comment = RULES_TEXT.split(`- record: ${record}\n`)[0]!
      .split(/expr: .*\n/)
      .at(-1)!;
    expect(comment).toMatch(/# .*(raise|lower)/is);
  });

  it.each(thresholds)('$record is used', ({ record }) => {
    expect(RULES_TEXT.split(record).length).toBeGreaterThan(2);
  });

  it('sit nowhere else: an alert compares with one of them, with 0, 1, or another series', () => {
    for (const { alert, expr } of ALERTS) {
      const literals = expr.match(/(?<=[<>]=? )[\d.]+|(?<=== )[\d.]+/g) ?? [];
      expect(
        literals.filter((literal) => !['0', '1'].includes(literal)),
        alert,
      ).toEqual([]);
    }
  });

  it('of usage are buckets of the histogram', () => {
    const buckets = [0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.98];
    expect(buckets).toEqual(expect.arrayContaining([threshold('high_usage'), threshold('nearly_full_usage')]));
  });

  it('are those the agent judges by', () => {
    const raiseAt = (name: string) => ALARM_RULES.find((rule) => rule.name === name)!.raiseAt;
    expect(threshold('time_to_act_seconds')).toBe(HORIZON_SECONDS);
    expect(threshold('high_usage')).toBe(raiseAt('warning'));
    expect(threshold('high_usage')).toBe(TROUBLE_USAGE);
    expect(threshold('news_share')).toBe(NEWS_SHARE);
    expect(threshold('nearly_full_usage')).toBe(ALARM_RULES.find(({ name }) => name === 'saturated')!.clearBelow);
  });
});
