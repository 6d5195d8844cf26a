/** Numbers as a person reads them. */

/** 1234567 as "1,234,567"; of a fraction the whole part. */
export function count(value: number): string {
  return String(Math.round(value)).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}

/** 0.637 as "64 %"; rounded down where rounding up would say 100 % of something that is not full. */
export function percent(share: number): string {
  const hundredths = share < 1 ? Math.min(99, Math.round(share * 100)) : Math.round(share * 100);
  return share > 0 && share < 0.01 ? 'less than 1 %' : `${hundredths} %`;
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

/** 432000 as "5 days": the largest unit there are two of, or that fits exactly. */
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

/** 843 as "14 min": whole numbers of the largest unit there are two of. */
export function roughly(seconds: number): string {
  const [size, name] = SHORT_TIMES.find(([unit]) => seconds >= 2 * unit) ?? [1, 's'];
  return `${count(Math.max(1, seconds / size))} ${name}`;
}
