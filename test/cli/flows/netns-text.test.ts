import { describe, expect, it } from 'vitest';
import { netnsJson, netnsText } from '../../../src/cli/flows/netns-text.ts';
import type { NetnsScan } from '../../../src/host/netns/netns-scan.ts';
import type { NetnsEntries } from '../../../src/model/reading.ts';

const POD: NetnsEntries = {
  inode: 4_026_532_345,
  pid: 4711,
  entries: 700,
  podUid: '1f4d6a5e-93c1-4b7e-8a52-6d1c0e9f7b34',
  containerId: 'ab'.repeat(32),
  isNode: false,
  programs: ['nginx', 'envoy'],
};
const NODE: NetnsEntries = {
  inode: 4_026_531_840,
  pid: 1,
  entries: 200,
  podUid: undefined,
  containerId: undefined,
  isNode: true,
  programs: ['systemd'],
};
const SCAN: NetnsScan = { top: [POD, NODE], namespaces: 4, entries: 1000, isComplete: true, showsNode: true };

const HIDDEN = { why: 'it shows one container', remedy: 'Set hostPID: true in the pod' };

const textOf = (scan: Partial<NetnsScan> = {}, width = 80) =>
  netnsText({ node: 'node-1', scan: { ...SCAN, ...scan }, limit: 2000, width });

describe('netnsText()', () => {
  it('shows each namespace with its share, and below it who is in it', () => {
    expect(`\n${textOf()}\n`).toBe(`
node node-1: 1,000 entries in 4 network namespaces, of 2,000 in each

Namespace   entries   share
4026532345      700  70.0 %  █████████████████████
  pod 1f4d6a5e-93c1-4b7e-8a52-6d1c0e9f7b34, container abababababab, nginx,
  envoy, 35.0 % full, nsenter --net --target 4711
4026531840      200  20.0 %  ██████
  the node's own, systemd, 10.0 % full
2 others        100  10.0 %  ███
`);
  });

  it.each([
    ['nginx', 'nginx'],
    ['kworker/0:1-events', 'kworker/0:1-events'],
    ['数据库', '数据库'],
    ['\x1b[2J\x1b]0;gone\x07', '"\\x1b[2J\\x1b]0;gone\\x07"'],
    ['\x9b31mred', '"\\x9b31mred"'],
    ['exe.\u202egnp', '"exe.\\u202egnp"'],
    ['\u2066a\u200bb\ufeff', '"\\u2066a\\u200bb\\ufeff"'],
    ['a\nb', '"a\\nb"'],
    ['caf\\xe9', '"caf\\xe9"'],
    ['a, nsenter 1', '"a, nsenter 1"'],
    ['say "hi"', '"say \\x22hi\\x22"'],
    ['a\u00a0b', '"a\\xa0b"'],
    ['', '""'],
  ])('shows the name %j as %s', (name, shown) => {
    const text = textOf({ top: [{ ...POD, programs: [name] }] }, 300);
    expect(text).toContain(`, ${shown}, 35.0 % full, nsenter --net --target 4711`);
  });

  it('begins no line with a part of a name', () => {
    const programs = Array.from({ length: 12 }, (_, i) => `${'x'.repeat(i % 4)} nsenter -n`);
    const lines = textOf({ top: [{ ...POD, programs }] }, 60).split('\n');
    expect(lines.filter((line) => /^ *nsenter -n/.test(line))).toEqual([]);
  });

  it('says so where only one is to be seen, and why', () => {
    const alone = { top: [NODE], namespaces: 1, entries: 200 };
    expect(textOf(alone)).toContain('\nno process of the node is in another network namespace\n');
    const hidden = textOf({ ...alone, showsNode: false, hidden: HIDDEN }).replaceAll('\n', ' ');
    expect(hidden).toContain(
      '200 entries in 1 network namespace, of 2,000 in each Other network namespaces are not to be seen',
    );
    expect(hidden).toContain('are not to be seen: it shows one container. Set hostPID: true in the pod');
    expect(textOf()).not.toMatch(/hostPID|no process of the node/);
  });

  it('says that some are left out, and shows that there is none', () => {
    expect(textOf({ isComplete: false })).toContain('\nmore processes or network namespaces than one look takes');
    expect(textOf({ top: [], namespaces: 0, entries: 0 })).toContain('Namespace\n  none');
  });

  it.each([40, 60, 100])('keeps within %i columns', (width) => {
    const lines = textOf({ isComplete: false, showsNode: false, hidden: HIDDEN }, width).split('\n');
    expect(lines.filter((line) => line.length > width)).toEqual([]);
  });
});

describe('netnsJson()', () => {
  it('has ids and programs whole, and leaves out what is not known', () => {
    const json = netnsJson({ node: 'node-1', scan: SCAN, limit: 2000, wallMs: Date.UTC(2030, 0, 1) });
    expect(JSON.parse(JSON.stringify(json))).toEqual({
      version: 1,
      node: 'node-1',
      at: '2030-01-01T00:00:00.000Z',
      limit: 2000,
      entries: 1000,
      namespaces: 4,
      isComplete: true,
      showsNode: true,
      top: [
        {
          netns: 4_026_532_345,
          share: 0.7,
          pid: 4711,
          entries: 700,
          podUid: '1f4d6a5e-93c1-4b7e-8a52-6d1c0e9f7b34',
          containerId: 'ab'.repeat(32),
          isNode: false,
          programs: ['nginx', 'envoy'],
        },
        { netns: 4_026_531_840, share: 0.2, pid: 1, entries: 200, isNode: true, programs: ['systemd'] },
      ],
    });
  });
});
