/** Numbers as text for a person, the same on the status page and in doctor, notifications and log. */

/** 1234567 as "1,234,567"; of a fraction the nearest whole. */
export function count(value: number): string {
  return String(Math.round(value)).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}

/** 0.8199 as "81.9 %", 0.75 as "75 %": rounded down, since 99.97 % is not full. */
export function percent(share: number): string {
  const tenths = Math.floor(share * 1000 + 1e-9) / 10;
  return tenths === 0 && share > 0 ? 'less than 0.1 %' : `${tenths} %`;
}

/** A rate without its unit: 0.2 as "0.20", 3.14 as "3.1", 4100 as "4,100"; never 0 for what is above it. */
export function rate(perSecond: number): string {
  if (perSecond >= 10) return count(perSecond);
  if (perSecond >= 1) return perSecond.toFixed(1);
  return perSecond > 0 && perSecond < 0.005 ? 'less than 0.01' : perSecond.toFixed(2);
}

/** Growth with its sign; one decimal below ten, so that a slow leak is not shown as none. */
export function signedRate(perSecond: number): string {
  const size = Math.abs(perSecond);
  if (Number(size.toFixed(1)) === 0) return '0';
  return `${perSecond < 0 ? '−' : '+'}${size >= 10 ? count(size) : size.toFixed(1)}`;
}

const SIZES = ['KiB', 'MiB', 'GiB', 'TiB'] as const;

/** 88080384 as "84 MiB". */
export function bytes(value: number): string {
  let size = value / 1024;
  let unit = 0;
  for (; size >= 1024 && unit < SIZES.length - 1; unit += 1) size /= 1024;
  return `${size < 10 ? size.toFixed(1) : Math.round(size)} ${SIZES[unit]}`;
}

const TIMES = [
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
] as const;

/** A setting: 432000 as "5 days"; the largest unit there are two of, or that fits exactly. */
export function duration(seconds: number): string {
  const [size, name] = TIMES.find(([unit]) => seconds >= 2 * unit || seconds === unit) ?? [1, 'second'];
  const value = Math.round((seconds / size) * 10) / 10;
  return `${value >= 100 ? count(value) : value} ${name}${value === 1 ? '' : 's'}`;
}

const SHORT_TIMES = [
  [86_400, 'days'],
  [3600, 'h'],
  [60, 'min'],
  [1, 's'],
] as const;

/** A forecast: 843 as "14 min"; whole numbers of the largest unit there are two of. */
export function roughly(seconds: number): string {
  const [size, name] = SHORT_TIMES.find(([unit]) => seconds >= 2 * unit) ?? [1, 's'];
  return `${count(Math.max(1, seconds / size))} ${name}`;
}

/** A time that has passed: 754 as "12 min 34 s", 7500 as "2 h 5 min"; whole days from two on. */
export function span(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole >= 172_800) return `${Math.floor(whole / 86_400)} days`;
  const [size, large, small, step] = whole < 3600 ? [60, 'min', 's', 1] : [3600, 'h', 'min', 60];
  const rest = Math.floor((whole % size) / step);
  return `${Math.floor(whole / size)} ${large}${rest === 0 ? '' : ` ${rest} ${small}`}`;
}

/** A short time: "20 µs", "1.2 ms". */
export function brief(seconds: number): string {
  return seconds < 0.001 ? `${Math.round(seconds * 1e6)} µs` : `${(seconds * 1000).toFixed(1)} ms`;
}
