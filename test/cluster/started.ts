/** The cluster, up for the tests of one file, with the images that they run. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, type TestContext } from 'vitest';
import { lockMachine, type Release } from '../kernel/lab/lock.ts';
import { type Need, needs } from '../needs.ts';
import { cluster, clusterMissing } from './cluster.ts';
import { EXPORTER_IMAGE, IMAGE, NFT_IMAGE } from './installed.ts';

/** Starts it before the tests of the file and ends it after them; gives a folder that lasts as long. */
export function clusterOfFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'conntrack-cluster-'));
  let release: Release | undefined;
  beforeAll(async () => {
    if (clusterMissing() !== undefined || process.getuid?.() !== 0) return;
    release = await lockMachine();
    if (process.env['CLUSTER_IMAGES'] !== 'kept') buildImages();
    await cluster('up');
    for (const [i, image] of [IMAGE, NFT_IMAGE, EXPORTER_IMAGE].entries()) {
      const archive = join(folder, `image-${i}.tar`);
      execFileSync('podman', ['save', '--quiet', '--format', 'docker-archive', '-o', archive, image]);
      await cluster('load', archive);
    }
  }, 600_000);
  afterAll(async () => {
    if (release !== undefined) await cluster('down');
    await release?.();
    rmSync(folder, { recursive: true });
  }, 120_000);
  return folder;
}

function buildImages(): void {
  const script = (path: string) => fileURLToPath(new URL(path, import.meta.url));
  execFileSync(script('../container/image'), [IMAGE], { stdio: 'inherit' });
  execFileSync(script('./program-image'), [NFT_IMAGE, 'nft'], { stdio: 'inherit' });
  execFileSync(script('./program-image'), [EXPORTER_IMAGE, 'prometheus-node-exporter'], { stdio: 'inherit' });
}

export function needsCluster(context: TestContext, ...more: Need[]): void {
  needs(context, 'root', 'nf_conntrack', 'kubectl', 'podman', 'buildah', 'nft', ...more);
  const missing = clusterMissing();
  if (missing === undefined) return;
  process.stdout.write(`skipped: ${context.task.name}: ${missing}\n`);
  context.skip(missing);
}
