import { wrap } from '../../config/help.ts';
import type { NetnsScan } from '../../host/netns/netns-scan.ts';
import type { NetnsEntries } from '../../model/reading.ts';
import { count } from '../../model/text/numbers.ts';
import { visibleName } from '../../model/text/visible-text.ts';
import { percentText, type Row, shareTable } from './share-table.ts';

/** The fullest network namespaces as a person reads them on a terminal. */

/** What crictl and docker print of an id, and take for one. */
const ID_DIGITS = 12;
const INDENT = '  ';
/** A space within a name, until the lines are broken: a part of a name must not begin one. In a name itself it is escaped. */
const UNBROKEN = '\u00a0';

export type NetnsTextParts = {
  readonly node: string;
  readonly scan: NetnsScan;
  /** nf_conntrack_max, which holds for each namespace by itself. */
  readonly limit: number | undefined;
  /** Columns to fill. */
  readonly width: number;
};

export function netnsText({ node, scan, limit, width }: NetnsTextParts): string {
  const head = headLines(node, scan, limit).flatMap((line) => wrap(line, width));
  const [title, ...rows] = shareTable('Namespace', rowsOf(scan), width, 'entries').split('\n');
  const described = rows.flatMap((row, i) => {
    const lines = scan.top[i] === undefined ? [] : ownerLines(scan.top[i], limit);
    const wrapped = lines.flatMap((line) => wrap(line, width - INDENT.length));
    return [row, ...wrapped.map((line) => `${INDENT}${line.replaceAll(UNBROKEN, ' ')}`)];
  });
  return [head.join('\n'), [title, ...described].join('\n')].join('\n\n');
}

function headLines(node: string, scan: NetnsScan, limit: number | undefined): string[] {
  const { entries, namespaces, isComplete, showsNode, hidden } = scan;
  const room = limit === undefined || limit === 0 ? '' : `, of ${count(limit)} in each`;
  const where = `${count(namespaces)} network ${namespaces === 1 ? 'namespace' : 'namespaces'}`;
  return [
    `node ${node}: ${count(entries)} entries in ${where}${room}`,
    ...(isComplete ? [] : ['more processes or network namespaces than one look takes: some are left out']),
    ...(hidden === undefined ? [] : [`Other network namespaces are not to be seen: ${hidden.why}. ${hidden.remedy}`]),
    ...(showsNode && namespaces === 1 ? ['no process of the node is in another network namespace'] : []),
  ];
}

function rowsOf({ top, entries, namespaces }: NetnsScan): Row[] {
  const rows = top.map((row) => {
    return { label: String(row.inode), number: row.entries, share: shareOf(row.entries, entries) };
  });
  const others = entries - top.reduce((sum, row) => sum + row.entries, 0);
  if (namespaces === top.length) return rows;
  const label = `${count(namespaces - top.length)} others`;
  return [...rows, { label, number: others, share: shareOf(others, entries) }];
}

function ownerLines({ podUid, containerId, isNode, programs, pid, entries }: NetnsEntries, limit = 0): string[] {
  const owner = [
    ...(isNode ? ["the node's own"] : []),
    ...(podUid === undefined ? [] : [`pod ${podUid}`]),
    ...(containerId === undefined ? [] : [`container ${containerId.slice(0, ID_DIGITS)}`]),
  ];
  const fill = limit === 0 ? [] : [`${percentText(entries / limit)} full`];
  const way = isNode ? [] : [`nsenter --net --target ${pid}`]; // What a person does next.
  return [[...owner, ...programs.map(programName), ...fill, ...way].join(', ')];
}

/** Whoever runs a program gives it its name, and root reads it here beside a command to paste. */
function programName(name: string): string {
  return visibleName(name).replaceAll(' ', UNBROKEN);
}

export type NetnsJsonParts = {
  readonly node: string;
  readonly scan: NetnsScan;
  /** nf_conntrack_max, which holds for each namespace by itself. */
  readonly limit: number | undefined;
  readonly wallMs: number;
};

/** The answer of `flows --by netns --json`. What is not known is left out. */
export function netnsJson({ node, scan, limit, wallMs }: NetnsJsonParts): unknown {
  const { top, namespaces, entries, isComplete, showsNode } = scan;
  return {
    version: 1,
    node,
    at: new Date(wallMs).toISOString(),
    limit,
    entries,
    namespaces,
    isComplete,
    showsNode,
    top: top.map(({ inode, ...row }) => ({ netns: inode, share: shareOf(row.entries, entries), ...row })),
  };
}

/** Of the entries of all namespaces together. */
function shareOf(part: number, entries: number): number {
  return entries === 0 ? 0 : part / entries;
}
