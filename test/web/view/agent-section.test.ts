import { describe, expect, it } from 'vitest';
import { CARRIERS } from '../../../src/model/datapath.ts';
import { agentSection } from '../../../src/web/view/agent-section.ts';
import { htmlOf } from '../../../src/web/view/tag.ts';
import { STATUS } from '../sample-status.ts';

const NOW = { link: 'static', ageSeconds: 0 } as const;

describe('agentSection()', () => {
  it.each(CARRIERS)("says what carries the pods' connections, with what that rests on: %s", (carries) => {
    const datapath = {
      cni: 'cilium',
      proxy: 'bpf',
      carries,
      seen: ['interfaces <b>', 'a mount'],
      bpfMetric: undefined,
    };
    const html = htmlOf(agentSection({ ...STATUS, datapath }, NOW));
    expect(html).toContain('network plugin cilium, services by bpf (interfaces &lt;b&gt;; a mount)');
  });

  it('says nothing of it where nothing shows', () => {
    expect(htmlOf(agentSection(STATUS, NOW))).not.toContain('network plugin');
  });
});
