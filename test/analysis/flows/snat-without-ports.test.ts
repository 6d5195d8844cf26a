import { describe, expect, it } from 'vitest';
import { SnatWithoutPorts } from '../../../src/analysis/flows/snat-ports.ts';

const [ICMP, TCP, UDP, GRE, ESP, ICMPV6, OSPF, SCTP] = [1, 6, 17, 47, 50, 58, 89, 132];

function counted(...protocols: number[]) {
  const counts = new SnatWithoutPorts();
  for (const protocol of protocols) counts.add(protocol);
  return counts.top({ read: protocols.length, population: protocols.length });
}

describe('SnatWithoutPorts', () => {
  it('names the protocols for which NAT has no port to choose, most flows first', () => {
    const top = counted(ESP, GRE, GRE, OSPF, TCP, UDP);
    expect(top.map(({ protocol, flows }) => [protocol, flows])).toEqual([
      ['GRE', 2],
      ['ESP', 1],
      ['protocol 89', 1],
    ]);
  });

  it('leaves out protocols with ports, and ICMP, whose identifier NAT changes', () => {
    expect(counted(TCP, UDP, SCTP, ICMP, ICMPV6)).toEqual([]);
  });

  it('begins again with each flow sample', () => {
    const counts = new SnatWithoutPorts();
    counts.add(GRE);
    counts.clear();
    expect(counts.top({ read: 1, population: 1 })).toEqual([]);
  });
});
