/**
 * Where the critical alarm of the agent stands between two wishes: on which ramps it comes early enough, and which deploy
 * waves wake somebody for nothing. Run it while tuning: `tsx bench/alerts/frontier.ts`;
 * `sweep` prints the table of FRONTIER.md.
 */
import { STEEP } from '../../src/analysis/table/forecast.ts';
import { isCritical } from './alarms.ts';
import { type AlarmReplay, replayAlarms } from './replay.ts';
import { LEAD_IN, MINUTE, ramp, trace, type Wave, wave } from './shapes.ts';
import { spanOf } from './span.ts';
import type { Trace } from './trace.ts';

const RAMP_MINUTES = [5, 6, 7, 8, 10, 15] as const;
const RAMP_FROM = [0.2, 0.35, 0.5] as const;
const WAVE_FROM = 0.35;
const WAVE_TOPS = [0.6, 0.68, 0.78, 0.85] as const;
const WAVE_SECONDS = [60, 120, 180, 240, 300] as const;
const WAVE_FORMS: readonly Wave['form'][] = ['linear', 'S-shaped'];
const WAVE_ENDS: readonly Wave['end'][] = ['stays', 'decays'];

/** The lead that is wanted of the first critical alarm, on ramps of six minutes and longer. */
const WANTED_SECONDS = 3 * MINUTE;
const SHORTEST_WARNED = 6;

const percent = (share: number) => `${Math.round(share * 100)} %`;

/** It would go on beyond the limit, so that it reaches it at the time its name says. */
function rampTrace(from: number, minutes: number): Trace {
  const seconds = minutes * MINUTE;
  const level = ramp(from, from + (1 - from) * 1.1, seconds * 1.1);
  const name = `ramp of ${minutes} min from ${percent(from)}`;
  return trace(name, 'page', LEAD_IN + seconds + MINUTE, level, { risesAt: LEAD_IN });
}

function waveTrace(shape: Wave): Trace {
  const { top, seconds, form, end } = shape;
  const name = `wave to ${percent(top)} in ${seconds} s, ${form}, ${end}`;
  return trace(name, 'nothing', LEAD_IN + seconds + 4 * MINUTE, wave(shape));
}

/** Seconds at which the first wanted alarm began to fire. */
function firstAt({ raisedAt }: AlarmReplay, isWanted: (alarm: string) => boolean): number | undefined {
  const at = [...raisedAt].flatMap(([name, second]) => (isWanted(name) ? [second] : []));
  return at.length === 0 ? undefined : Math.min(...at);
}

function rampLines(): string[] {
  const rows = RAMP_MINUTES.flatMap((minutes) => RAMP_FROM.map((from) => ({ minutes, from })));
  const leads = rows.map(({ minutes, from }) => {
    const replayed = replayAlarms(rampTrace(from, minutes));
    const lead = (isWanted: (alarm: string) => boolean) => {
      return (replayed.firstLossAt ?? Number.NaN) - (firstAt(replayed, isWanted) ?? Number.POSITIVE_INFINITY);
    };
    return { minutes, from, critical: lead(isCritical), any: lead(() => true) };
  });
  const wanted = leads.filter(({ minutes }) => minutes >= SHORTEST_WARNED);
  const met = wanted.filter(({ critical }) => critical >= WANTED_SECONDS);
  return [
    'Ramps: lead of the first critical alarm before the first lost packet (in brackets: of the first alarm of any kind)',
    '',
    row(
      '',
      RAMP_FROM.map((from) => `from ${percent(from)}`),
    ),
    ...RAMP_MINUTES.map((minutes) => {
      const cells = leads.filter((lead) => lead.minutes === minutes);
      return row(
        `${minutes} min`,
        cells.map(({ critical, any }) => `${spanOf(critical)} (${spanOf(any)})`),
      );
    }),
    '',
    `${met.length} of ${wanted.length} ramps of ${SHORTEST_WARNED} min and longer: at least ${spanOf(WANTED_SECONDS)} ahead`,
  ];
}

function waveLines(): string[] {
  const kinds = WAVE_FORMS.flatMap((form) => WAVE_ENDS.map((end) => ({ form, end })));
  const waves = WAVE_TOPS.flatMap((top) =>
    WAVE_SECONDS.flatMap((seconds) =>
      kinds.map(({ form, end }) => {
        const replayed = replayAlarms(waveTrace({ from: WAVE_FROM, top, seconds, form, end }));
        return { top, seconds, critical: firstAt(replayed, isCritical), any: firstAt(replayed, () => true) };
      }),
    ),
  );
  const told = ({ critical, any }: (typeof waves)[number]) => {
    if (critical !== undefined) return `CRITICAL +${critical - LEAD_IN} s`;
    return any === undefined ? '-' : `warning +${any - LEAD_IN} s`;
  };
  const counted = WAVE_TOPS.map((top) => {
    const paged = waves.filter((wave) => wave.top === top && wave.critical !== undefined);
    return `${percent(top)}: ${paged.length} of ${WAVE_SECONDS.length * kinds.length}`;
  });
  return [
    `Waves from ${percent(WAVE_FROM)} that stop: the first critical alarm, else the first of any kind, in seconds after the rise began`,
    '',
    row(
      '',
      kinds.map(({ form, end }) => `${form}, ${end}`),
    ),
    ...WAVE_TOPS.flatMap((top) =>
      WAVE_SECONDS.map((seconds) => {
        const cells = waves.filter((wave) => wave.top === top && wave.seconds === seconds);
        return row(`to ${percent(top)} in ${seconds} s`, cells.map(told));
      }),
    ),
    '',
    `Waves with a critical alarm: ${counted.join(', ')}`,
  ];
}

function row(name: string, cells: readonly string[]): string {
  return [name.padEnd(18), ...cells.map((cell) => cell.padEnd(26))].join('').trimEnd();
}

/** How long a rise must have lasted: the agent's own value is one of them. */
const RISING_SECONDS = [90, 120, 150, 180, 210, 240] as const;

/** What an earlier alarm costs: a line for each time that a rise must have lasted before it wakes a person. */
function sweepLines(): string[] {
  const rows = RISING_SECONDS.map((rising) => {
    const steepRise = { ...STEEP, risingMs: rising * 1000 };
    const leadOn = (minutes: number) =>
      Math.min(
        ...RAMP_FROM.map((from) => {
          const replayed = replayAlarms(rampTrace(from, minutes), steepRise);
          return (replayed.firstLossAt ?? Number.NaN) - (firstAt(replayed, isCritical) ?? Number.POSITIVE_INFINITY);
        }),
      );
    const waves = WAVE_SECONDS.map((seconds) => {
      const paged = WAVE_TOPS.flatMap((top) =>
        WAVE_FORMS.flatMap((form) => WAVE_ENDS.map((end) => ({ top, form, end }))),
      )
        .map((wave) => replayAlarms(waveTrace({ from: WAVE_FROM, seconds, ...wave }), steepRise))
        .filter((replayed) => firstAt(replayed, isCritical) !== undefined);
      return String(paged.length);
    });
    return [
      `${rising} s${rising * 1000 === STEEP.risingMs ? ' (built in)' : ''}`,
      spanOf(leadOn(6)),
      spanOf(leadOn(7)),
      spanOf(leadOn(10)),
      ...waves,
    ];
  });
  const head = [
    'a rise must have lasted',
    'least lead, ramps of 6 min',
    'of 7 min',
    'of 10 min',
    ...WAVE_SECONDS.map((seconds) => `waves of ${seconds} s paged for, of 16`),
  ];
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
}

if (process.argv[2] === 'sweep') console.log(sweepLines().join('\n'));
else console.log([...rampLines(), '', ...waveLines()].join('\n'));
