/** The report of a soak: a table, and memory over time as a picture. */
export type Footprint = {
  readonly seconds: number;
  readonly mb: number;
  readonly descriptors: number;
  readonly isFlooded: boolean;
};

/** MB an hour by least squares, over what comes after the warm-up. */
export function slopePerHour(footprints: readonly Footprint[], warmUpSeconds: number): number {
  const points = footprints.filter(({ seconds }) => seconds >= warmUpSeconds);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(points.map(({ seconds }) => seconds)), mean(points.map(({ mb }) => mb))];
  const covariance = points.reduce((sum, { seconds, mb }) => sum + (seconds - x) * (mb - y), 0);
  const variance = points.reduce((sum, { seconds }) => sum + (seconds - x) ** 2, 0);
  return variance === 0 ? 0 : (covariance / variance) * 3600;
}

export type Row = { readonly what: string; readonly seen: string; readonly wanted: string; readonly isMet: boolean };

export function tableText(rows: readonly Row[]): string {
  const lines = rows.map(
    ({ what, seen, wanted, isMet }) => `| ${what} | ${seen} | ${wanted} | ${isMet ? 'yes' : 'NO'} |`,
  );
  return ['| what | seen | wanted | met |', '|---|---|---|---|', ...lines].join('\n');
}

const [WIDTH, HEIGHT, MARGIN] = [900, 300, 50];

/** Floods are shaded, so that a rise with each of them can be told from a leak. */
export function memoryPicture(footprints: readonly Footprint[]): string {
  const last = Math.max(1, footprints.at(-1)?.seconds ?? 1);
  const top = Math.ceil(Math.max(...footprints.map(({ mb }) => mb)) / 20) * 20;
  const x = (seconds: number) => (MARGIN + (seconds / last) * (WIDTH - 2 * MARGIN)).toFixed(1);
  const y = (mb: number) => (HEIGHT - MARGIN - (mb / top) * (HEIGHT - 2 * MARGIN)).toFixed(1);
  const line = footprints.map(({ seconds, mb }) => `${x(seconds)},${y(mb)}`).join(' ');
  const floods = footprints
    .map(({ seconds, isFlooded }, i) => ({ from: seconds, to: footprints[i + 1]?.seconds ?? seconds, isFlooded }))
    .filter(({ isFlooded }) => isFlooded)
    .map(
      ({ from, to }) =>
        `<rect x="${x(from)}" y="${MARGIN}" width="${(Number(x(to)) - Number(x(from))).toFixed(1)}" height="${HEIGHT - 2 * MARGIN}" fill="#f4d8d8"/>`,
    );
  const levels = Array.from({ length: top / 20 + 1 }, (_, i) => i * 20).map(
    (mb) =>
      `<text x="${MARGIN - 8}" y="${y(mb)}" text-anchor="end">${mb}</text><line x1="${MARGIN}" x2="${WIDTH - MARGIN}" y1="${y(mb)}" y2="${y(mb)}" stroke="#ddd"/>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">
<title>Resident memory of the agent</title>
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
<text x="${MARGIN}" y="30">Resident memory of the agent, MB; shaded: the table is full</text>
${[...floods, ...levels].join('\n')}
<polyline points="${line}" fill="none" stroke="#1f5fa8" stroke-width="1.5"/>
<text x="${WIDTH - MARGIN}" y="${HEIGHT - 15}" text-anchor="end">${Math.round(last / 60)} min</text>
</svg>
`;
}
