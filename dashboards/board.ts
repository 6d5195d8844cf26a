/** A dashboard out of rows of panels: numbers, positions, and what all dashboards have alike. */
import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  type GridPos,
  type Panel,
  type VariableModel,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { type Board, linkTo, UIDS } from './links.ts';

export type PanelBuilder = { id(id: number): PanelBuilder; gridPos(at: GridPos): PanelBuilder; build(): Panel };

/** Panels side by side with their widths, of 24 in all. */
export type Row = { readonly height: number; readonly panels: readonly (readonly [width: number, PanelBuilder])[] };

export type BoardSpec = {
  readonly board: Board;
  readonly title: string;
  readonly description: string;
  readonly variables: readonly { build(): VariableModel }[];
  readonly rows: readonly Row[];
};

export const GRID_WIDTH = 24;

export function boardOf({ board, title, description, variables, rows }: BoardSpec): DashboardBuilder {
  const builder = new DashboardBuilder(title)
    .uid(UIDS[board])
    .description(description)
    .tags(['conntrack'])
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: 'now-3h', to: 'now' })
    .refresh('30s')
    .links((Object.keys(UIDS) as Board[]).filter((other) => other !== board).map(linkTo));
  for (const variable of variables) builder.withVariable(variable);
  for (const panel of placed(rows)) builder.withPanel(panel);
  return builder;
}

function placed(rows: readonly Row[]): PanelBuilder[] {
  let y = 0;
  let id = 0;
  return rows.flatMap(({ height, panels }) => {
    let x = 0;
    const line = panels.map(([width, panel]) => {
      id += 1;
      panel.id(id).gridPos({ x, y, w: width, h: height });
      x += width;
      return panel;
    });
    y += height;
    return line;
  });
}

/** As Grafana stores it. `placement` would hide links and annotations in a menu of their own. */
export function jsonOf(builder: { build(): Dashboard }): string {
  const drop = (key: string, value: unknown) => (key === 'placement' && value === 'inControlsMenu' ? undefined : value);
  return `${JSON.stringify(builder.build(), drop, 2)}\n`;
}
