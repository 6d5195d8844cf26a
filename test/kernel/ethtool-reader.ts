/** Run as a process of its own by ethtool.test.ts: for each device named, its counters as JSON on stdout. */
import {
  countRequest,
  decodeCount,
  decodeNames,
  Ethtool,
  type EthtoolTransport,
  namesRequest,
} from '../../src/host/cloud/ethtool.ts';
import { EthtoolSocket } from '../../src/host/cloud/ethtool-socket.ts';
import { loadLibc } from '../../src/host/ctnetlink/libc.ts';

export type Found = Readonly<Record<string, Readonly<Record<string, string>>>>;

const socket: EthtoolTransport = new EthtoolSocket(loadLibc());
const ethtool = new Ethtool(socket);

async function allNamesOf(device: string): Promise<string[]> {
  const count = decodeCount(await socket.ask(device, countRequest));
  return count ? decodeNames(await socket.ask(device, namesRequest(count))) : [];
}

const found: Record<string, Record<string, string>> = {};
for (const device of process.argv.slice(2)) {
  const names = await allNamesOf(device).catch(() => []);
  const counters = await ethtool.read(device, names.length > 0 ? names : ['anything']);
  found[device] = Object.fromEntries([...counters].map(([name, value]) => [name, String(value)]));
}
process.stdout.write(JSON.stringify(found));
