import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FlowBatch } from '../../src/netlink/flow-batch.ts';
import { FLOW_FRAMES, flowsOf, type PlainFlow, plainFlow, readFlowFrame, SEQUENCE } from './flow-frames.ts';
import { bytesOf, truncated } from './frames.ts';

const [CAPTURED, DONE] = readFlowFrame('flows-6.18') as [DataView<ArrayBuffer>, DataView<ArrayBuffer>];
const FLOWS = flowsOf(CAPTURED);
const CONFIRMED = 0x8;
const NAT_DONE = 0x180; // IPS_SRC_NAT_DONE and IPS_DST_NAT_DONE

/** Those of the captured flows that have these in their original direction. */
function flowsFrom(source: string, sourcePort?: number): PlainFlow[] {
  return FLOWS.filter(({ original }) => original.source === source && original['sourcePort' as never] === sourcePort);
}

/** The only one of them. */
function flowFrom(source: string, sourcePort?: number): PlainFlow {
  const found = flowsFrom(source, sourcePort);
  expect(found).toHaveLength(1);
  return found[0]!;
}

/** Flows up to the end or an error, and that error. */
function walk(datagram: DataView, batch = new FlowBatch(SEQUENCE)): { flows: PlainFlow[]; error?: RangeError } {
  const flows: PlainFlow[] = [];
  try {
    batch.open(datagram);
    while (batch.next()) flows.push(plainFlow(batch.flow));
    return { flows };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    expect(error.message).toMatch(/^Cannot decode .* at byte \d+: /);
    return { flows, error };
  }
}

function changed(datagram: DataView<ArrayBuffer>, change: (view: DataView) => void): DataView<ArrayBuffer> {
  const copy = truncated(datagram, datagram.byteLength);
  change(copy);
  return copy;
}

describe('FlowBatch', () => {
  it('reads every flow that Linux 6.18 lists, and the end of the dump', () => {
    const batch = new FlowBatch(SEQUENCE);
    expect(flowsOf(CAPTURED, batch)).toHaveLength(18);
    expect(batch.end).toBeUndefined();
    expect(flowsOf(DONE, batch)).toEqual([]);
    expect(batch.end).toEqual({ kind: 'done', errno: 0 });
    expect(batch.isIncomplete).toBe(false);
  });

  it.each([
    ['NONE', 1001, 0, 0],
    ['SYN_SENT', 1002, 1, 0],
    ['SYN_RECV', 1003, 2, 0x2],
    ['ESTABLISHED', 1004, 3, 0x6],
    ['SYN_SENT2', 1010, 9, 0x2],
  ])('tells a TCP flow in state %s', (_, sourcePort, state, status) => {
    const protocol = 6;
    expect(flowFrom('10.1.0.1', sourcePort)).toEqual({
      family: 2,
      status: CONFIRMED | status,
      timeoutSeconds: 499,
      state,
      original: { source: '10.1.0.1', destination: '10.2.0.1', protocol, sourcePort, destinationPort: 443 },
      reply: { source: '10.2.0.1', destination: '10.1.0.1', protocol, sourcePort: 443, destinationPort: sourcePort },
    });
  });

  it('tells a UDP flow that was answered from one that was not, and neither has a state', () => {
    expect(flowFrom('127.0.0.1', 5001)).toMatchObject({ status: CONFIRMED | 0x2, timeoutSeconds: 29 });
    expect(flowFrom('10.1.0.2', 54).status).toBe(CONFIRMED);
    expect(flowFrom('127.0.0.1', 5001)).not.toHaveProperty('state');
  });

  it('reads of ICMP and ICMPv6 all that other protocols have but ports, skipping their type, code and id', () => {
    const told = { status: CONFIRMED, timeoutSeconds: 499 };
    expect(flowFrom('10.1.0.4')).toEqual({
      family: 2,
      ...told,
      original: { source: '10.1.0.4', destination: '10.2.0.1', protocol: 1 },
      reply: { source: '10.2.0.1', destination: '10.1.0.4', protocol: 1 },
    });
    expect(flowFrom('fd00::1')).toEqual({
      family: 10,
      ...told,
      original: { source: 'fd00::1', destination: 'fd00:0:0:2::7', protocol: 58 },
      reply: { source: 'fd00:0:0:2::7', destination: 'fd00::1', protocol: 58 },
    });
  });

  it('reads both addresses of an IPv6 flow whole', () => {
    expect(flowFrom('fd00::1', 1)).toMatchObject({
      family: 10,
      original: { destination: 'fd00::2', protocol: 6, destinationPort: 65_535 },
      reply: { source: 'fd00::2', destination: 'fd00::1' },
      state: 3,
    });
  });

  it('reads state and ports of SCTP, ports of UDP-Lite, keys of GRE', () => {
    expect(flowFrom('10.1.0.5', 9)).toMatchObject({ original: { protocol: 132, destinationPort: 10 }, state: 4 });
    expect(flowFrom('10.1.0.9', 55)).toMatchObject({ original: { protocol: 136, destinationPort: 5353 } });
    expect(flowFrom('10.1.0.6', 0x111)).toMatchObject({ original: { protocol: 47, destinationPort: 0x222 } });
  });

  it('tells NAT of the source and of the destination, and where the answer really comes from', () => {
    expect(flowFrom('10.1.0.7', 1004)).toMatchObject({
      status: CONFIRMED | NAT_DONE | 0x26,
      original: { destination: '10.96.0.1', destinationPort: 443 },
      reply: { source: '10.3.0.9', sourcePort: 6443 },
    });
    expect(flowFrom('10.1.0.8', 1004)).toMatchObject({
      status: CONFIRMED | NAT_DONE | 0x16,
      reply: { destination: '192.0.2.1', destinationPort: 7777 },
    });
  });

  it.each([
    ['the highest mark, and of one in zone 7', 53, 2],
    ['a zone in its original direction', 54, 1],
    ['a zone in its reply direction', 55, 1],
  ])('reads of a flow with %s all else, skipping mark and zone', (_, sourcePort, flows) => {
    const protocol = 17;
    const flow = {
      family: 2,
      status: CONFIRMED,
      timeoutSeconds: 499,
      original: { source: '10.1.0.2', destination: '10.2.0.1', protocol, sourcePort, destinationPort: 5353 },
      reply: { source: '10.2.0.1', destination: '10.1.0.2', protocol, sourcePort: 5353, destinationPort: sourcePort },
    };
    expect(flowsFrom('10.1.0.2', sourcePort)).toEqual(Array(flows).fill(flow));
  });

  it('knows no timeout and no state of offloaded flows', () => {
    const flows = flowsOf(readFlowFrame('flows-offloaded')[0]!);
    expect(flows.map(({ status }) => status)).toEqual([0x400e, 0xc20e]);
    for (const flow of flows) {
      expect(flow).not.toHaveProperty('timeoutSeconds');
      expect(flow).not.toHaveProperty('state');
    }
  });

  it.each(FLOW_FRAMES)('makes of each truncation of %s fewer flows, never other ones', (name) => {
    for (const datagram of readFlowFrame(name)) {
      const whole = flowsOf(datagram);
      for (let length = 0; length < datagram.byteLength; length += 1) {
        const batch = new FlowBatch(SEQUENCE);
        const { flows } = walk(truncated(datagram, length), batch);
        expect(flows.length < whole.length || (whole.length === 0 && batch.end === undefined)).toBe(true);
        expect(flows.at(-1)).toEqual(whole.slice(0, flows.length).at(-1));
      }
    }
  });

  it('comes to the same with layouts it knows as without, whatever byte is changed', () => {
    const known = new FlowBatch(SEQUENCE);
    fc.assert(
      fc.property(fc.nat(CAPTURED.byteLength - 1), fc.nat(255), (at, value) => {
        const datagram = changed(CAPTURED, (view) => view.setUint8(at, value));
        walk(CAPTURED, known);
        const [warm, cold] = [walk(datagram, known), walk(datagram)];
        expect(JSON.stringify(warm.flows)).toBe(JSON.stringify(cold.flows));
        expect(warm.error?.message).toBe(cold.error?.message);
      }),
      { numRuns: 600, seed: 4 },
    );
  });

  it('makes of random attributes flows, a skip or an error with the byte', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.constantFrom(0, 1, 2, 3), (payload, family) => {
        const datagram = bytesOf([...new Uint8Array(CAPTURED.buffer, 0, 20), ...payload]);
        datagram.setUint32(0, datagram.byteLength, true);
        datagram.setUint8(16, family);
        expect(walk(datagram).flows.length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 3000, seed: 5 },
    );
  });

  it('skips messages that are no flow, and does not read on behind the end', () => {
    const other = changed(CAPTURED, (view) => view.setUint16(4, 0x105, true));
    expect(flowsOf(other)).toEqual(FLOWS.slice(1));
    const behind = bytesOf([...new Uint8Array(DONE.buffer), ...new Uint8Array(CAPTURED.buffer)]);
    expect(flowsOf(behind)).toEqual([]);
  });

  it('says when the kernel calls the dump incomplete', () => {
    const batch = new FlowBatch(SEQUENCE);
    expect(
      flowsOf(
        changed(CAPTURED, (view) => view.setUint16(6, 0x12, true)),
        batch,
      ),
    ).toEqual(FLOWS);
    expect(batch.isIncomplete).toBe(true);
  });

  it('gives the error a dump ends with', () => {
    const batch = new FlowBatch(SEQUENCE);
    flowsOf(
      changed(DONE, (view) => view.setInt32(16, -105, true)),
      batch,
    );
    expect(batch.end).toEqual({ kind: 'done', errno: 105 });
  });

  it('refuses the answer to another request', () => {
    expect(() => flowsOf(CAPTURED, new FlowBatch(8))).toThrow(
      new RangeError('Cannot decode message at byte 0: it answers 7, wanted 8'),
    );
  });

  it('refuses a flow without its reply tuple', () => {
    const lacking = changed(CAPTURED, (view) => view.setUint16(20 + 0x34 + 2, 0x8000 | 99, true));
    expect(() => flowsOf(lacking)).toThrow('Cannot decode flow at byte 16: a tuple lacks address or protocol');
  });
});
