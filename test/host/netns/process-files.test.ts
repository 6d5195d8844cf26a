import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { NO_POD, parsePodCgroup } from '../../../src/host/netns/netns-scan.ts';

const FOLDER = new URL('../../fixtures/cgroups/', import.meta.url);
const textOf = (name: string) => readFileSync(new URL(name, FOLDER), 'utf8');

const UID = '0f4d6a5e-93c1-4b7e-8a52-6d1c0e9f7b34';
const STATIC_UID = '3c8d1f0b52a94e6f8d7b1a2c3e4f5061';
const ID = '5f0c4b8e1d2a3948576a6b7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6e7f80912';

const NOT_OF_THE_POD = new Map([
  ['v2-static-pod', { podUid: STATIC_UID, containerId: ID }],
  ['v1-static-pod', { podUid: STATIC_UID, containerId: ID }],
  ['plain-docker-systemd', { podUid: undefined, containerId: ID }],
  ['plain-docker-cgroupfs', { podUid: undefined, containerId: ID }],
  ['node-service', NO_POD],
  ['node-kernel-thread', NO_POD],
  ['node-login', NO_POD],
  ['node-pod-in-its-name', NO_POD],
]);

describe('parsePodCgroup()', () => {
  it.each(readdirSync(FOLDER).filter((name) => name !== 'ORIGIN.md'))('tells pod and container of %s', (name) => {
    const expected = NOT_OF_THE_POD.get(name) ?? { podUid: UID, containerId: ID };
    expect(parsePodCgroup(textOf(name))).toEqual(expected);
  });

  it('finds no pod in what is nearly one', () => {
    const texts = ['', '0::', 'nonsense', `0::/kubepods/pod${UID}x`, `0::/user-pod${UID}`, `0::/a${ID}`];
    expect(texts.map(parsePodCgroup)).toEqual(texts.map(() => NO_POD));
  });

  it('knows the pod of a process between two containers', () => {
    expect(parsePodCgroup(`0::/kubepods/burstable/pod${UID}\n`)).toEqual({ podUid: UID, containerId: undefined });
  });
});
