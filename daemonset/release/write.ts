/** `npm run release:write`: carries RELEASE into the files that repeat it; the generators that follow it make the rest. */
import { writeFileSync } from 'node:fs';
import { ROOT, readRelease } from './release.ts';
import { releaseModule, stampedFiles } from './stamps.ts';

const release = readRelease();
for (const { file, now, wanted } of stampedFiles(release)) {
  if (now !== wanted) writeFileSync(new URL(file, ROOT), wanted);
}
writeFileSync(new URL('src/model/release.ts', ROOT), releaseModule(release));
