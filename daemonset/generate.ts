/**
 * `npm run daemonset`: writes the manifests that carry rules and dashboards, Node's flags wherever the agent is started, then the
 * Helm chart out of the manifests.
 */
import { writeFileSync } from 'node:fs';
import { CHART_FILES } from './helm/chart.ts';
import { MANIFEST_FILES, type MadeFile } from './manifest-files.ts';
import { NODE_FLAG_FILES } from './node-flag-files.ts';

/** A test holds that each is as the code makes it. */
export const MADE: readonly MadeFile[] = [...MANIFEST_FILES, ...NODE_FLAG_FILES, ...CHART_FILES];

if (import.meta.url === new URL(process.argv[1] ?? '', 'file:').href) {
  for (const { file, text } of MADE) writeFileSync(file, text());
}
