/** `tsx daemonset/release/notes.ts`: prints what the CHANGELOG says of this version, for the notes of its release. */
import { readFileSync } from 'node:fs';
import { changesOf } from './changelog.ts';
import { ROOT, readRelease } from './release.ts';

process.stdout.write(`${changesOf(readFileSync(new URL('CHANGELOG.md', ROOT), 'utf8'), readRelease().application)}\n`);
