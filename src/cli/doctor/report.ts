/** The doctor's findings and advice as a person reads them on a terminal of 80 columns. */

import { sysctlsOf } from '../../analysis/advice/all-advice.ts';
import { datapathNotice } from '../../analysis/advice/kube-proxy.ts';
import { type Advice, SEVERITIES, type Severity, type Snapshot, type Sysctl } from '../../analysis/advice/snapshot.ts';
import { wrap } from '../../config/help.ts';
import { bytes, count } from '../../model/text/numbers.ts';
import { visibleLine } from '../../model/text/visible-text.ts';

const WIDTH = 80;
const INDENT = 10;

/** SGR codes of ECMA-48: bold red, bold yellow, green. */
const COLOURS = { critical: '1;31', warning: '1;33', ok: '32' } as const satisfies Record<Severity, string>;
const LABELS = { critical: 'CRITICAL', warning: 'WARNING', ok: 'ok' } as const satisfies Record<Severity, string>;

export type ReportParts = {
  readonly nodeName: string;
  readonly snapshot: Snapshot;
  /** The worst first. */
  readonly advice: readonly Advice[];
  readonly inColour: boolean;
};

export function reportText({ nodeName, snapshot, advice: given, inColour }: ReportParts): string {
  const advice = given.map(visibleAdvice);
  const said = new Set<string>();
  const troubles = advice.filter(({ severity }) => severity !== 'ok').map((one) => troubleText(one, said, inColour));
  const fine = advice.filter(({ severity }) => severity === 'ok').flatMap((one) => fineLines(one, inColour));
  const blocks = [
    headText(nodeName, snapshot),
    noticeText(snapshot),
    ...troubles,
    fine.join('\n'),
    settingsText(sysctlsOf(advice)),
    sumText(advice),
  ];
  return blocks.filter((block) => block !== '').join('\n\n');
}

/** What was read of a file may be anything, and so may be its name. */
function visibleAdvice(advice: Advice): Advice {
  const { title, seen, meaning, remedy } = advice;
  const [shown, orders] = [seen.map(visibleLine), remedy.map(visibleLine)];
  return { ...advice, title: visibleLine(title), seen: shown, meaning: visibleLine(meaning), remedy: orders };
}

function headText(nodeName: string, { kernel, cpus, memory }: Snapshot): string {
  const traits = [
    kernel && `Linux ${kernel.text}`,
    cpus === undefined ? undefined : `${count(cpus)} ${cpus === 1 ? 'CPU' : 'CPUs'}`,
    memory && bytes(memory.totalBytes),
  ].filter((trait) => trait !== undefined);
  return wrap(visibleLine([`node ${nodeName}`, ...traits].join(', ')), WIDTH).join('\n');
}

/** Before all else: of a table that is not the pods', nothing below is about them. */
function noticeText({ datapath, netns }: Snapshot): string {
  const notice = datapath === undefined || netns.inHostNetns === false ? undefined : datapathNotice(datapath);
  return notice === undefined ? '' : wrap(visibleLine(notice), WIDTH).join('\n');
}

/** One order may mend several troubles: `said` are those given already, so that each is read once. */
function troubleText({ severity, title, seen, meaning, remedy }: Advice, said: Set<string>, inColour: boolean): string {
  const fresh = remedy.filter((order) => !said.has(order));
  for (const order of fresh) said.add(order);
  const orders = fresh.length < remedy.length ? [...fresh, 'As above'] : fresh;
  const lines = [
    ...seen.flatMap((line) => indented(line)),
    ...indented(meaning),
    ...orders.flatMap((order) => indented(order, '- ')),
  ];
  return [`${label(severity, inColour)}${title}`, ...lines].join('\n');
}

function fineLines({ severity, title, seen }: Advice, inColour: boolean): string[] {
  const text = seen.length === 0 ? title : `${title}: ${seen.join('; ')}`;
  const [first = '', ...rest] = wrap(text, WIDTH - INDENT);
  return [`${label(severity, inColour)}${first}`, ...rest.map((line) => `${' '.repeat(INDENT)}${line}`)];
}

function label(severity: Severity, inColour: boolean): string {
  const text = LABELS[severity];
  const padding = ' '.repeat(INDENT - text.length);
  return `${inColour ? `\u001b[${COLOURS[severity]}m${text}\u001b[0m` : text}${padding}`;
}

function indented(text: string, mark = ''): string[] {
  if (text === '') return [];
  const lines = wrap(text, WIDTH - INDENT - mark.length);
  return lines.map((line, i) => `${' '.repeat(INDENT)}${i === 0 ? mark : ' '.repeat(mark.length)}${line}`);
}

/** What can be pasted into a root shell as it stands. */
function settingsText(sysctls: readonly Sysctl[]): string {
  if (sysctls.length === 0) return '';
  return [
    'Settings that would help, for a root shell on the node, until it boots:',
    '',
    ...sysctls.map(({ key, value }) => `sysctl -w ${key}=${value}`),
    ...KEEPING,
  ].join('\n');
}

const KEEPING = [
  '# To keep them: the same lines without "sysctl -w", in /etc/sysctl.d/, and the',
  '# line "nf_conntrack" in /etc/modules-load.d/nf_conntrack.conf: at boot, sysctl',
  '# ignores settings of a module that is not loaded yet.',
  '# kube-proxy sets the limit and two TCP timeouts when it starts, up or down:',
  '# set them in its configuration too, conntrack.maxPerCore (0: it leaves the',
  '# limit alone), .min, .tcpEstablishedTimeout and .tcpCloseWaitTimeout.',
] as const;

function sumText(advice: readonly Advice[]): string {
  const counts = SEVERITIES.map((severity) => {
    return `${advice.filter((one) => one.severity === severity).length} ${severity}`;
  });
  return counts.join(', ');
}
