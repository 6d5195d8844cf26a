/** What `conntrack -L -o xml` lists, field by field but for those that the decoder skips, and the same of what we read. */
import { stateName } from '../../src/analysis/flows/states.ts';
import type { PlainFlow } from '../netlink/flow-frames.ts';
import { isDecoded, NAMES } from './flow-table.ts';
import type { Lab } from './lab/namespaces.ts';

/** Names and texts are conntrack's; what a flow does not have is not there. */
export type ListedFlow = {
  readonly layer3: string;
  readonly layer4: string;
  readonly original: Readonly<Record<string, string>>;
  readonly reply: Readonly<Record<string, string>>;
  readonly state?: string;
  readonly isAssured: boolean;
  readonly isUnreplied: boolean;
  readonly timeoutSeconds: number;
};

/** The xml of conntrack-tools 1.4.7 names the states of this protocol as if they were those of TCP. */
const WITH_STATES_OF_TCP = /protoname="sctp"/;

/** Every flow of the xml; states of SCTP are taken from `-o extended` by the id of the flow. */
export async function listedXml(lab: Lab): Promise<ListedFlow[]> {
  const xml = await lab.exec('node', 'conntrack', ['-L', '-o', 'xml']);
  const extended = await lab.exec('node', 'conntrack', ['-L', '-o', 'extended,id']);
  const lines = new Map(
    extended
      .trim()
      .split('\n')
      .map((line) => [/ id=(\d+)\s*$/.exec(line)?.[1], line]),
  );
  return Array.from(xml.matchAll(/<flow>(.*?)<\/flow>/g), ([, flow]) => {
    const id = /<id>(\d+)<\/id>/.exec(flow!)![1]!;
    return flowOf(flow!, lines.get(id) ?? '');
  });
}

function flowOf(xml: string, line: string): ListedFlow {
  const meta = (direction: string) => new RegExp(`<meta direction="${direction}">(.*?)</meta>`).exec(xml)![1]!;
  const { state, timeout } = leaves(meta('independent')) as Record<string, string>;
  const named = WITH_STATES_OF_TCP.test(xml) ? line.trim().split(/\s+/)[5] : state;
  return {
    layer3: attributes(xml, 'layer3'),
    layer4: attributes(xml, 'layer4'),
    original: decodedPart(leaves(meta('original'))),
    reply: decodedPart(leaves(meta('reply'))),
    ...(named !== undefined && { state: named }),
    isAssured: xml.includes('<assured/>'),
    isUnreplied: xml.includes('<unreplied/>'),
    timeoutSeconds: Number(timeout),
  };
}

/** `<src>10.0.0.1</src>` and the like. */
function leaves(xml: string): Record<string, string> {
  return Object.fromEntries(Array.from(xml.matchAll(/<(\w+)>([^<]*)<\/\1>/g), ([, name, text]) => [name!, text!]));
}

function decodedPart(fields: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => isDecoded(name)));
}

function attributes(xml: string, element: string): string {
  return new RegExp(`<${element} protonum="(\\d+)" protoname="(\\w+)"`).exec(xml)!.slice(1).join(' ');
}

/** What we read, as conntrack would put it into its xml. */
export function listedFlowOf({ family, status, original, reply, ...rest }: PlainFlow): ListedFlow {
  const protocol = NAMES[original.protocol] ?? 'unknown';
  const { state, timeoutSeconds = Number.NaN } = rest as Record<string, number>;
  return {
    layer3: family === 2 ? '2 ipv4' : '10 ipv6',
    layer4: `${original.protocol} ${protocol}`,
    original: tupleOf(original),
    reply: tupleOf(reply),
    ...(state !== undefined && { state: stateName(protocol, state).toUpperCase() }),
    isAssured: (status & 4) !== 0,
    isUnreplied: (status & 2) === 0,
    timeoutSeconds,
  };
}

function tupleOf({ source, destination, protocol, ...rest }: PlainFlow['original']): Record<string, string> {
  const { sourcePort, destinationPort } = rest as Record<string, number>;
  const fields =
    protocol === 47
      ? { srckey: hex(sourcePort), dstkey: hex(destinationPort) }
      : { sport: sourcePort, dport: destinationPort };
  const texts = Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  return { src: source, dst: destination, ...Object.fromEntries(texts) };
}

function hex(key = 0): string {
  return `0x${key.toString(16)}`;
}
