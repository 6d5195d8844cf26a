/** Programs of this machine. */
import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** Debian keeps nft, ip and conntrack in sbin, which a user's PATH may lack. */
export function programPath(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** Of the programs that `.ci/newer-programs` and `.ci/helm` unpack. */
export function newerProgramPath(name: string): string | undefined {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  return [join(cache, 'conntrack-agent-programs', 'usr', 'bin', name)].find(isExecutable);
}

/** What to start: Debian's, or with NEWER_PROGRAMS=true the newer one, which must be there. */
export function serverProgram(name: string): string {
  if (process.env['NEWER_PROGRAMS'] !== 'true') return name;
  const newer = newerProgramPath(name);
  if (newer === undefined) throw new Error(`Cannot find a newer "${name}": run .ci/newer-programs`);
  return newer;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
