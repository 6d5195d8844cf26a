import { describe, expect, it } from 'vitest';
import type { StatusJson } from '../../../src/model/status-json.ts';
import { htmlOf } from '../../../src/web/view/tag.ts';
import { usageSection } from '../../../src/web/view/usage-section.ts';
import { STATUS } from '../sample-status.ts';

const textWith = (rest: Partial<StatusJson>) =>
  htmlOf(usageSection({ ...STATUS, ...rest }, { link: 'static', ageSeconds: 0 })).replaceAll(/<[^>]*>/g, '|');

describe('usageSection()', () => {
  it('shows no other limit than that of the table where there is none', () => {
    const text = textWith({});
    expect(text).not.toContain('Cloud');
    expect(text).not.toContain('kube-proxy');
  });

  it('shows what the cloud can still track, and for how long where it shrinks', () => {
    const cloud = { devices: [], available: 6120 };
    expect(textWith({ cloud })).toMatch(/Cloud can track\|+6,120\| more\|/);
    expect(textWith({ cloud: { ...cloud, secondsUntilExceeded: null } })).toMatch(/6,120\| more\|/);
    expect(textWith({ cloud: { ...cloud, secondsUntilExceeded: 600 } })).toContain('more, for about 10 min');
  });

  it('shows the limit that kube-proxy will set where it is another one', () => {
    const kubeProxy = { maxPerCore: 1, min: 1, limitAfterStart: 131_072 };
    expect(textWith({ kubeProxy })).toMatch(/Limit when kube-proxy starts\|+131,072\| entries/);
    expect(textWith({ kubeProxy, table: { ...STATUS.table, limit: 131_072 } })).not.toContain('kube-proxy');
  });
});
