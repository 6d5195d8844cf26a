/** Asks the kube-proxy of this namespace, and prints what it told and what the limit will be after its next start, as JSON. */
import { askKubeProxy } from '../../../src/host/kube-proxy.ts';
import { readCpuCount } from '../../../src/host/procfs/node-facts.ts';
import { ProcFs } from '../../../src/host/procfs/proc-fs.ts';
import { type KubeProxySettings, limitAfterStart } from '../../../src/model/kube-proxy.ts';

export type Told = { readonly settings: KubeProxySettings; readonly limitAfterStart: number };

const proc = new ProcFs('/proc');
const settings = await askKubeProxy({ host: '127.0.0.1', port: 10249 }, 20_000);
const limit = Number(proc.read('sys/net/netfilter/nf_conntrack_max'));
const told: Told = { settings, limitAfterStart: limitAfterStart(settings, readCpuCount(proc)!, limit) };
process.stdout.write(JSON.stringify(told));
