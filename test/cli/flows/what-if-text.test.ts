import { describe, expect, it } from 'vitest';
import { expectTimeouts, OLD_TIMERS, PAUSES, whatIfText } from '../../../src/cli/flows/flow-sample-text.ts';
import { effectOf, flowSampleOf, shareOf } from '../../analysis/advice/node-snapshots.ts';

const SAMPLE = flowSampleOf([
  effectOf('tcp time_wait', 120, [[30, 0.2]]),
  effectOf('udp default', 30, [[10, 0.5]]),
  effectOf('tcp close', 10, [[5, 0]]),
]);
const NONE = new Map<string, number>();

/** Words of a text, without how it is wrapped. */
const plain = (text: string) => text.replaceAll(/\s+/g, ' ');

describe('whatIfText()', () => {
  it('ranks the timeouts that would free anything, with their margin, and says what that would break', () => {
    const text = whatIfText(NONE, SAMPLE, 100);
    expect(text.split('\n').slice(0, 3)).toEqual(
      [
        'Timeout                             frees  share      ±',
        'udp_timeout 30 to 10 s             50,000  50.0 %  1.0 %  ███████████████',
        'tcp_timeout_time_wait 120 to 30 s  20,000  20.0 %  1.0 %  ██████',
      ].map((line) => line.replace('frees  share', 'frees   share')),
    );
    expect(text).not.toContain('tcp_timeout_close');
    expect(plain(text)).toContain(OLD_TIMERS);
    expect(plain(text)).toContain(PAUSES);
    expect(text).toContain('tcp_timeout_time_wait  119 seconds  10.96.0.31:5432/tcp');
  });

  it('adds up what was asked for, and tells how many entries would be left', () => {
    const whatIf = { freed: shareOf(0.2), left: { entries: 80_000, low: 78_500, high: 81_500 } };
    const text = whatIfText(new Map([['tcp_timeout_time_wait', 30]]), { ...SAMPLE, whatIf }, 100);
    expect(text).not.toContain('udp_timeout');
    expect(plain(text)).toContain('there would be 80,000 entries, 78,500 to 81,500 in 95 % of cases');
  });

  it('says so where nothing would be freed', () => {
    expect(whatIfText(NONE, flowSampleOf(), 80)).toBe('No shorter timeout would free any entries');
  });
});

describe('expectTimeouts()', () => {
  it('tells all that cannot be answered at once', () => {
    const asked = new Map([
      ['udp_timeout', 30],
      ['tcp_timeout_max_retrans', 10],
    ]);
    const known = 'tcp_timeout_close, tcp_timeout_time_wait, udp_timeout';
    expect(() => expectTimeouts(asked, SAMPLE)).toThrow(
      `Cannot tell what --what-if asks for: "udp_timeout" is 30 s already, which 30 s would not shorten; "tcp_timeout_max_retrans" is none of ${known}`,
    );
    expect(() => expectTimeouts(new Map([['udp_timeout', 29]]), SAMPLE)).not.toThrow();
  });
});
