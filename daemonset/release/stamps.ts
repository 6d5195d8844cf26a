/** Where else the words of RELEASE stand: files, and in each the text around them. */
import { readFileSync } from 'node:fs';
import { type Release, ROOT } from './release.ts';

export type Stamp = {
  readonly file: string;
  /** What is around the word, the word itself as `(?<word>...)`; every place that matches is one. */
  readonly around: RegExp;
  readonly word: (release: Release) => string;
};

const application = ({ application }: Release) => application;
const VERSION = '(?<word>\\d+\\.\\d+\\.\\d+(?:-[0-9a-z.]+)?)';

const versionLabel = (file: string): Stamp => ({
  file,
  around: new RegExp(`app\\.kubernetes\\.io/version: ${VERSION}`, 'g'),
  word: application,
});

export const STAMPS: readonly Stamp[] = [
  { file: 'package.json', around: new RegExp(`^ {2}"version": "${VERSION}"`, 'gm'), word: application },
  // Of the package itself, which has no resolved address; those below it are others'.
  {
    file: 'package-lock.json',
    around: new RegExp(`"name": "conntrack-agent",\\n *"version": "${VERSION}"`, 'g'),
    word: application,
  },
  ...['namespace', 'resourcequota', 'serviceaccount', 'daemonset'].map((name) =>
    versionLabel(`daemonset/base/${name}.yaml`),
  ),
  versionLabel('daemonset/components/openshift/securitycontextconstraints.yaml'),
  versionLabel('daemonset/components/prometheus-operator/podmonitor.yaml'),
  {
    file: 'daemonset/base/daemonset.yaml',
    around: new RegExp(`image: ghcr\\.io/conntrack-agent/conntrack-agent:${VERSION}`, 'g'),
    word: application,
  },
  {
    file: 'daemonset/README.md',
    around: new RegExp(`(?:\\?ref=v|newTag: |TAG=|--version )${VERSION}`, 'g'),
    word: application,
  },
  {
    file: 'daemonset/kustomization.yaml',
    around: new RegExp(`Manifests of conntrack-agent, version ${VERSION}`, 'g'),
    word: ({ manifests }) => manifests,
  },
  {
    file: 'alerts/conntrack.rules.test.yaml',
    around: /blob\/v?(?<word>[^/]+)\/docs\/runbooks/g,
    word: application,
  },
  { file: 'Dockerfile', around: /docker\.io\/library\/node:(?<word>\d+)-/g, word: ({ node }) => node },
  ...['README.md', 'dashboards/README.md', 'alerts/README.md'].map((file) => ({
    file,
    around: /Prometheus(?:\*\*)? (?<word>\d+\.\d+) or later/g,
    word: ({ prometheus }: Release) => prometheus,
  })),
  {
    file: 'daemonset/README.md',
    around: /Kubernetes (?<word>\d+\.\d+ to \d+\.\d+)/g,
    word: ({ kubernetes }) => kubernetes.replace(' - ', ' to '),
  },
];

/** `text` with the word of RELEASE in every place of the stamp. */
export function stamped(text: string, { file, around, word }: Stamp, release: Release): string {
  let places = 0;
  const changed = text.replaceAll(around, (...match) => {
    places++;
    const [whole] = match as [string];
    const { word: old } = match.at(-1) as { word: string };
    return whole.slice(0, whole.lastIndexOf(old)) + word(release) + whole.slice(whole.lastIndexOf(old) + old.length);
  });
  if (places === 0) throw new SyntaxError(`Cannot stamp "${file}": nothing matches ${around.source}`);
  return changed;
}

/** Each stamped file with its text of now and as it ought to be. */
export function stampedFiles(
  release: Release,
): { readonly file: string; readonly now: string; readonly wanted: string }[] {
  const files = [...new Set(STAMPS.map(({ file }) => file))];
  return files.map((file) => {
    const now = readFileSync(new URL(file, ROOT), 'utf8');
    const stamps = STAMPS.filter((stamp) => stamp.file === file);
    return { file, now, wanted: stamps.reduce((text, stamp) => stamped(text, stamp, release), now) };
  });
}

/** What the program and the generators know of RELEASE. */
export function releaseModule({ application, rules, dashboards, prometheus }: Release): string {
  return `/** Made from the file RELEASE by \`npm run release:write\`; change that. */
export const RELEASE = {
  /** The tag in git, which links into the repository carry: what they lead to is as old as the program. */
  tag: 'v${application}',
  rules: '${rules}',
  dashboards: '${dashboards}',
  /** The oldest that loads the rules. */
  prometheus: '${prometheus}',
} as const;
`;
}
