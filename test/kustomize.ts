import { execFileSync } from 'node:child_process';
import { programPath } from '../simulator/program-paths.ts';

/**
 * What renders a folder with components: kustomize, or kubectl from 1.21. Undefined without either: Debian 12 has neither, its
 * kubectl is 1.20.
 */
export function kustomizeCommand(): readonly [program: string, verb: string] | undefined {
  if (programPath('kustomize') !== undefined) return ['kustomize', 'build'];
  if (programPath('kubectl') === undefined) return undefined;
  const version = execFileSync('kubectl', ['version', '--client', '--output=json'], { encoding: 'utf8' });
  return Number.parseInt(JSON.parse(version).clientVersion.minor, 10) >= 21 ? ['kubectl', 'kustomize'] : undefined;
}
