/** What package-lock.json says of the packages, judged without a network. */
import { readFileSync } from 'node:fs';

export type LockedPackage = {
  readonly version: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly hasInstallScript?: boolean;
};

/** By place under the checkout, `node_modules/name`. */
export type LockFile = ReadonlyMap<string, LockedPackage>;

/** Licences that may be shipped in an image under Apache-2.0: each asks for its notice and no more. */
const SHIPPED_LICENCES: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
]);
/** Besides, of tools that are not shipped. */
const TOOL_LICENCES: ReadonlySet<string> = new Set([
  ...SHIPPED_LICENCES,
  'CC0-1.0',
  'CC-BY-4.0',
  'MIT OR Apache-2.0',
  'MPL-2.0',
  'Python-2.0',
]);
/** They unpack a binary that also comes as an optional package, and are run by no npm since 11. */
const KNOWN_INSTALL_SCRIPTS: ReadonlySet<string> = new Set(['esbuild', 'fsevents', 'koffi']);

export function readLockFile(path: string | URL): LockFile {
  const { packages } = JSON.parse(readFileSync(path, 'utf8')) as { packages: Record<string, LockedPackage> };
  return new Map(Object.entries(packages).filter(([place]) => place !== ''));
}

/** One line for each thing that must not be so. Tools for platforms that nobody here has installed have no digest and no licence. */
export function violationsIn(lock: LockFile): string[] {
  const known = [...lock].filter(([, { dev, optional, integrity }]) => !(dev && optional && integrity === undefined));
  return known.flatMap(([place, locked]) => [
    ...originOf(place, locked),
    ...licenceOf(place, locked),
    ...scriptOf(place, locked),
  ]);
}

/** Packages that are in the image, bundled or beside the bundle. */
export function shippedIn(lock: LockFile): LockFile {
  return new Map([...lock].filter(([, { dev }]) => !dev));
}

function nameOf(place: string): string {
  return place.split('node_modules/').at(-1)!;
}

function originOf(place: string, { resolved = '', integrity = '' }: LockedPackage): string[] {
  // Without an address npm asks the registry that it is set to; the digest says whether that gave the same.
  const isPublic = resolved === '';
  const isPinned = /^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity);
  return [
    ...(isPublic
      ? []
      : [
          `${place}: comes from ${JSON.stringify(resolved)}, expected the public registry, which npm asks where no address stands`,
        ]),
    ...(isPinned ? [] : [`${place}: has no sha512 to compare it with`]),
  ];
}

function licenceOf(place: string, { license = 'none', dev = false }: LockedPackage): string[] {
  const allowed = dev ? TOOL_LICENCES : SHIPPED_LICENCES;
  return allowed.has(license)
    ? []
    : [`${place}: the licence is ${license}, expected one of ${[...allowed].join(', ')}`];
}

function scriptOf(place: string, { hasInstallScript = false }: LockedPackage): string[] {
  const isKnown = KNOWN_INSTALL_SCRIPTS.has(nameOf(place));
  return hasInstallScript && !isKnown ? [`${place}: has an install script that nobody has looked at`] : [];
}
