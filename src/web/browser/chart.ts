import uPlot from 'uplot';
import type { StatusJson } from '../../model/status-json.ts';
import { count } from '../../model/text/numbers.ts';
import { forecastOf, type Point, readoutOf, type Seconds, spanOf } from './chart-data.ts';
import { drawDropped, drawForecast, drawLimit, drawNow } from './chart-overlays.ts';

const STEP_SECONDS = 10;
const AXIS_FONT = '12px system-ui, sans-serif';

/** The last hour and, with the forecast on it, a quarter of that ahead. */
export class Chart {
  readonly #plot: uPlot;
  readonly #seconds: Seconds;
  #forecast: readonly [Point, Point] | undefined;

  constructor(place: HTMLElement, readout: HTMLElement, seconds: Seconds) {
    this.#seconds = seconds;
    this.#plot = new uPlot(this.#options(place, readout), [[], [], [], []], place);
    new ResizeObserver(() => this.#plot.setSize(sizeOf(place))).observe(place);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#plot.redraw());
    place.addEventListener('keydown', (event) => this.#move(event));
  }

  draw(status: StatusJson): void {
    const seconds = this.#seconds;
    this.#forecast = forecastOf(status.table, seconds.times.at(-1));
    const columns = (['entries', 'peak', 'limit'] as const).map((name) => [...seconds.column(name)]);
    this.#plot.setData([[...seconds.times], ...columns]);
  }

  #options(place: HTMLElement, readout: HTMLElement): uPlot.Options {
    const colour = (name: string) => () => getComputedStyle(place).getPropertyValue(`--${name}`);
    const axis = {
      stroke: colour('muted'),
      font: AXIS_FONT,
      ticks: { show: false },
      grid: { stroke: colour('rule'), width: 1 },
    };
    return {
      ...sizeOf(place),
      legend: { show: false },
      padding: [14, 12, 0, 0],
      cursor: { drag: { x: false, y: false }, points: { show: false }, y: false },
      scales: {
        x: { range: () => spanOf(this.#seconds.times) },
        y: { range: (_, __, highest) => [0, (highest || 1) * 1.08] },
      },
      axes: [
        { ...axis, size: 26, gap: 6, space: 70, values: (_, times) => times.map(hoursAndMinutes) },
        {
          ...axis,
          size: 74,
          values: (_, values) => values.map((value) => (Number.isInteger(value) ? count(value) : '')),
        },
      ],
      series: [
        {},
        { stroke: colour('entries'), width: 2, points: { show: false } },
        { stroke: colour('peak'), width: 1, points: { show: false } },
        { stroke: colour('limit'), width: 2, points: { show: false } },
      ],
      bands: [{ series: [2, 1], fill: colour('band') }],
      hooks: {
        draw: [
          (plot) => drawNow(plot, this.#seconds.times.at(-1), colour('muted')()),
          (plot) => drawDropped(plot, this.#seconds, colour('dropped')()),
          (plot) => drawLimit(plot, this.#seconds, colour('limit')()),
          (plot) => drawForecast(plot, this.#forecast, colour('forecast')()),
        ],
        setCursor: [
          (plot) => {
            readout.textContent = readoutOf(this.#seconds, plot.cursor.idx);
          },
        ],
      },
    };
  }

  /** Arrow keys walk through the seconds as a pointer does. */
  #move(event: KeyboardEvent): void {
    const last = this.#seconds.times.length - 1;
    const from = this.#plot.cursor.idx ?? last;
    const step = event.shiftKey ? 6 * STEP_SECONDS : STEP_SECONDS;
    const to = { ArrowLeft: from - step, ArrowRight: from + step, Home: 0, End: last }[event.key];
    const time = this.#seconds.times[Math.max(0, Math.min(last, to ?? -1))];
    if (to === undefined || time === undefined) return;
    event.preventDefault();
    this.#plot.setCursor({ left: this.#plot.valToPos(time, 'x'), top: 10 });
  }
}

function sizeOf({ clientWidth, clientHeight }: HTMLElement): { width: number; height: number } {
  return { width: clientWidth, height: clientHeight };
}

function hoursAndMinutes(time: number): string {
  return new Date(time * 1000).toISOString().slice(11, 16);
}
