/**
 * `npm run release:check [-- TAG]`: whether everything that repeats RELEASE agrees with it, the CHANGELOG has the version, and the
 * tag is the one of it. Prints each disagreement; exit 1 with any.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { MADE as RULES } from '../../alerts/generate.ts';
import { DOCUMENTS } from '../../docs/documents.ts';
import { MADE as MANIFESTS } from '../generate.ts';
import { changelogProblems } from './changelog.ts';
import { type Release, ROOT, readRelease } from './release.ts';
import { releaseModule, stampedFiles } from './stamps.ts';

const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8');

export function releaseProblems(release: Release, tag?: string): string[] {
  const stamps = stampedFiles(release).filter(({ now, wanted }) => now !== wanted);
  const made = [...RULES, ...MANIFESTS].filter(({ file, text }) => readFileSync(file, 'utf8') !== text());
  const documents = DOCUMENTS.filter(({ file, update }) => {
    const text = readFileSync(file, 'utf8');
    return text !== update(text);
  });
  const isCurrent = read('src/model/release.ts') === releaseModule(release);
  return [
    ...(tag === undefined || tag === `v${release.application}`
      ? []
      : [`tag "${tag}": expected "v${release.application}"`]),
    ...stamps.map(({ file }) => `${file}: does not repeat RELEASE; run npm run release:write`),
    ...(isCurrent ? [] : ['src/model/release.ts: not of this RELEASE; run npm run release:write']),
    ...[...made, ...documents].map(({ name }) => `${name}: not as the code makes it; run npm run release:write`),
    ...changelogProblems(read('CHANGELOG.md'), release.application),
    ...linkProblems(release),
  ];
}

/** Links of ours to the repository must carry the tag: what they lead to changes on main. */
function linkProblems({ application }: Release): string[] {
  const files = ['README.md', ...['alerts', 'daemonset', 'src/model'].flatMap(filesIn)];
  return files.flatMap((file) => {
    const links =
      read(file).match(
        /github(?:usercontent)?\.com\/conntrack-agent\/conntrack-agent\/(?:blob\/|raw\/)?(?:main|v\d[^/\s`]*)\//g,
      ) ?? [];
    const wrong = links.filter((link) => !link.endsWith(`/v${application}/`));
    return [...new Set(wrong)].map((link) => `${file}: "${link}" does not carry the tag v${application}`);
  });
}

function filesIn(folder: string): string[] {
  const entries = readdirSync(new URL(`${folder}/`, ROOT), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && /\.(ya?ml|md|ts|tpl)$/.test(entry.name));
  return files.map(({ parentPath, name }) => `${parentPath}/${name}`.slice(ROOT.pathname.length).replaceAll('//', '/'));
}

if (import.meta.url === new URL(process.argv[1] ?? '', 'file:').href) {
  const problems = releaseProblems(readRelease(), process.argv[2]);
  process.stdout.write(problems.map((problem) => `${problem}\n`).join('') || 'RELEASE and all that repeats it agree\n');
  process.exitCode = problems.length === 0 ? 0 : 1;
}
