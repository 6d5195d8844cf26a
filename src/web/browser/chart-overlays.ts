/** What is drawn on the chart beside its lines. All in canvas pixels. */
import type uPlot from 'uplot';
import { count } from '../../model/text/numbers.ts';
import type { Point, Seconds } from './chart-data.ts';

/** Draws within the plot, and leaves the canvas as it was. */
function within(plot: uPlot, colour: string, draw: (ctx: CanvasRenderingContext2D, ratio: number) => void): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.strokeStyle = colour;
  ctx.fillStyle = colour;
  draw(ctx, devicePixelRatio);
  ctx.restore();
}

/** Where the past ends. */
export function drawNow(plot: uPlot, now: number | undefined, colour: string): void {
  if (now === undefined) return;
  within(plot, colour, (ctx, ratio) => {
    const { top, height } = plot.bbox;
    const x = Math.round(plot.valToPos(now, 'x', true)) + 0.5;
    ctx.lineWidth = ratio;
    line(ctx, [x, top], [x, top + height]);
    label(ctx, ratio, 'latest', x + 5 * ratio, top + height - 6 * ratio);
  });
}

/** The forecast in dashes, with a ring where it meets the limit. */
export function drawForecast(plot: uPlot, forecast: readonly [Point, Point] | undefined, colour: string): void {
  if (forecast === undefined) return;
  const [from, to] = forecast.map(({ time, value }) => [
    plot.valToPos(time, 'x', true),
    plot.valToPos(value, 'y', true),
  ]);
  within(plot, colour, (ctx, ratio) => {
    ctx.lineWidth = 2 * ratio;
    ctx.setLineDash([6 * ratio, 5 * ratio]);
    line(ctx, from as Position, to as Position);
  });
}

/** A stroke at the foot for each second in which packets were dropped. */
export function drawDropped(plot: uPlot, seconds: Seconds, colour: string): void {
  const { times } = seconds;
  within(plot, colour, (ctx, ratio) => {
    const { top, height } = plot.bbox;
    for (const [i, dropped] of seconds.column('dropped').entries()) {
      if (!dropped) continue;
      const x = plot.valToPos(times[i]!, 'x', true);
      ctx.fillRect(Math.floor(x), top + height - 12 * ratio, Math.max(1.5 * ratio, 1), 12 * ratio);
    }
  });
}

/** The limit's own number, at its line. */
export function drawLimit(plot: uPlot, seconds: Seconds, colour: string): void {
  const limit = seconds.column('limit').findLast((value) => value !== null);
  if (limit === undefined || limit === null || limit === 0) return;
  within(plot, colour, (ctx, ratio) => {
    const y = plot.valToPos(limit, 'y', true);
    label(ctx, ratio, `limit ${count(limit)}`, plot.bbox.left + 8 * ratio, y + 16 * ratio);
  });
}

type Position = [x: number, y: number];

function line(ctx: CanvasRenderingContext2D, from: Position, to: Position): void {
  ctx.beginPath();
  ctx.moveTo(...from);
  ctx.lineTo(...to);
  ctx.stroke();
}

function label(ctx: CanvasRenderingContext2D, ratio: number, text: string, x: number, y: number): void {
  ctx.textAlign = 'left';
  ctx.textBaseline = 'alphabetic';
  ctx.font = `600 ${12 * ratio}px system-ui, sans-serif`;
  ctx.fillText(text, x, y);
}
