/** Makers of the five kinds of panel. What they return is the SDK's own builder, for what only one panel needs. */
import { PanelBuilder as BarGaugeBuilder } from '@grafana/grafana-foundation-sdk/bargauge';
import {
  BarGaugeDisplayMode,
  BarGaugeNamePlacement,
  BigValueColorMode,
  BigValueGraphMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TableCellHeight,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTextDisplayOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import { FieldColorBuilder, FieldColorModeId } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TextBuilder, TextMode } from '@grafana/grafana-foundation-sdk/text';
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { FINE, QUIET, SERIES } from './colours.ts';
import { absent, inColour, steps } from './fields.ts';
import { instants, type Query, ranges, refId, rows } from './queries.ts';
import { DATASOURCE } from './variables.ts';

export type PanelText = {
  /** A question, or a plain noun. */
  readonly title: string;
  /** What it shows and what to do about it. */
  readonly description: string;
};

export type Asked = PanelText & { readonly unit: string; readonly queries: readonly Query[] };

const lastOnly = () => new ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false).fields('');

/** Series keep the colours of SERIES in the order of the queries; a query for many series takes Grafana's palette. */
export function timeseries({ title, description, unit, queries }: Asked): TimeseriesBuilder {
  const panel = new TimeseriesBuilder()
    .title(title)
    .description(description)
    .datasource(DATASOURCE)
    .targets(ranges(queries))
    .unit(unit)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassic))
    .axisSoftMin(0)
    .lineWidth(2)
    .fillOpacity(8)
    .showPoints(VisibilityMode.Never)
    .noValue('no data')
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .calcs([]),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending));
  queries.forEach(({ legend }, i) => {
    if (!legend.includes('{{')) panel.overrideByName(legend, inColour(SERIES[i % SERIES.length]!));
  });
  return panel;
}

export const stacked = () => new StackingConfigBuilder().mode(StackingMode.Normal).group('A');

/** One number, in the colour of its threshold. */
export function stat({ title, description, unit, queries }: Asked): StatBuilder {
  return new StatBuilder()
    .title(title)
    .description(description)
    .datasource(DATASOURCE)
    .targets(instants(queries))
    .unit(unit)
    .noValue('no data')
    .mappings([absent()])
    .thresholds(steps(QUIET))
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
    .colorMode(BigValueColorMode.Background)
    .graphMode(BigValueGraphMode.None)
    .reduceOptions(lastOnly());
}

/** A ranking. */
export function bars({ title, description, unit, queries }: Asked): BarGaugeBuilder {
  return (
    new BarGaugeBuilder()
      .title(title)
      .description(description)
      .datasource(DATASOURCE)
      .targets(instants(queries))
      .unit(unit)
      .min(0)
      .noValue('none, or no data')
      .thresholds(steps(FINE))
      .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
      .displayMode(BarGaugeDisplayMode.Basic)
      .orientation(VizOrientation.Horizontal)
      .showUnfilled(true)
      // Names of nodes are long; beside the bar Grafana would cut them.
      .namePlacement(BarGaugeNamePlacement.Top)
      .minVizHeight(32)
      .maxVizHeight(36)
      .text(new VizTextDisplayOptionsBuilder().titleSize(13).valueSize(14))
      .reduceOptions(lastOnly())
  );
}

export type Tabulated = PanelText & {
  readonly queries: readonly Query[];
  /** Labels that become columns, in order, with their headings. All others are left out. */
  readonly labels: Readonly<Record<string, string>>;
  /** Headings in order, where the values are not to stand behind the labels. */
  readonly order?: readonly string[];
};

/** A row for each set of labels, a column for each query. */
export function table({ title, description, queries, labels, order }: Tabulated): TableBuilder {
  const valueField = (i: number) => (queries.length === 1 ? 'Value' : `Value #${refId(i)}`);
  const columns = [...Object.entries(labels), ...queries.map(({ legend }, i) => [valueField(i), legend] as const)];
  const placed = order === undefined ? columns : order.map((heading) => columns.find(([, name]) => name === heading)!);
  return new TableBuilder()
    .title(title)
    .description(description)
    .datasource(DATASOURCE)
    .targets(rows(queries))
    .noValue('')
    .cellHeight(TableCellHeight.Sm)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Fixed).fixedColor(FINE))
    .transformations([
      { id: 'merge', options: {} },
      { id: 'filterFieldsByName', options: { include: { names: placed.map(([field]) => field) } } },
      {
        id: 'organize',
        options: {
          excludeByName: {},
          indexByName: Object.fromEntries(placed.map(([field], i) => [field, i])),
          renameByName: Object.fromEntries(placed),
        },
      },
    ]);
}

export function text(title: string, content: string): TextBuilder {
  return new TextBuilder().title(title).description('About this dashboard').mode(TextMode.Markdown).content(content);
}
