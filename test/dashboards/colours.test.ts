import { describe, expect, it } from 'vitest';
import { CRITICAL, FINE, QUIET, REFERENCE, SERIES, WARNING } from '../../dashboards/colours.ts';

/** Full loss of one kind of cone: Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB. */
const VISIONS = {
  normal: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  protanopia: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  deuteranopia: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  tritanopia: [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
} as const;

/** Of Grafana's panels. */
const BACKGROUNDS = { dark: '#181b1f', light: '#ffffff' } as const;

type Triple = readonly [number, number, number];

function linear(hex: string): Triple {
  const channel = (i: number) => {
    const c = Number.parseInt(hex.slice(1 + 2 * i, 3 + 2 * i), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  };
  return [channel(0), channel(1), channel(2)];
}

/** WCAG 2. */
function contrast(a: string, b: string): number {
  const [x, y] = [a, b].map((hex) => {
    const [r, g, blue] = linear(hex);
    return 0.2126 * r + 0.7152 * g + 0.0722 * blue + 0.05;
  });
  return Math.max(x! / y!, y! / x!);
}

function lab(hex: string, m: readonly number[]): Triple {
  const rgb = linear(hex);
  const [r, g, b] = [0, 3, 6].map((row) => {
    return Math.min(1, Math.max(0, m[row]! * rgb[0] + m[row + 1]! * rgb[1] + m[row + 2]! * rgb[2]));
  }) as [number, number, number];
  const f = (t: number) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);
  const x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047);
  const y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
  const z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** CIE 1976; 2 is barely seen, 20 is another colour. */
function difference(a: string, b: string, vision: readonly number[]): number {
  const [p, q] = [lab(a, vision), lab(b, vision)];
  return Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
}

function nearest(colours: readonly string[], vision: readonly number[]): number {
  return Math.min(...colours.flatMap((a, i) => colours.slice(0, i).map((b) => difference(a, b, vision))));
}

describe.each(Object.entries(VISIONS))('with %s', (_name, vision) => {
  it('the colours of good and bad are told apart', () => {
    expect(nearest([FINE, WARNING, CRITICAL], vision)).toBeGreaterThan(24);
    expect(nearest([QUIET, WARNING, CRITICAL], vision)).toBeGreaterThan(24);
  });

  it('the colours of series are told apart', () => {
    expect(nearest(SERIES, vision)).toBeGreaterThan(15);
  });
});

it('red and green, which most people who confuse colours confuse, would not pass', () => {
  expect(nearest(['#C4162A', '#37872D'], VISIONS.deuteranopia)).toBeLessThan(24);
});

it.each(Object.entries(BACKGROUNDS))('every colour stands out on the %s theme', (_name, background) => {
  const weakest = Math.min(
    ...[...SERIES, FINE, WARNING, CRITICAL, REFERENCE].map((colour) => contrast(colour, background)),
  );
  expect(weakest).toBeGreaterThan(2.2);
  expect(Math.min(...[FINE, WARNING, CRITICAL].map((colour) => contrast(colour, background)))).toBeGreaterThan(3);
});
