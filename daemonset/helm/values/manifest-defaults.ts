/** What the manifests have, which is what values are without being set. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

export const DAEMON_SET = parse(read('base/daemonset.yaml')).spec;
export const POD = DAEMON_SET.template.spec;
export const AGENT = POD.containers[0];
export const ENDPOINT = parse(read('components/prometheus-operator/podmonitor.yaml')).spec.podMetricsEndpoints[0];
export const NFT_IMAGE = /image: (\S+)/.exec(read('components/untracked/kustomization.yaml'))![1]!;
