/** Grafana's panels, each from Grafana's own component. */
import {
  applyFieldOverrides,
  cacheFieldDisplayNames,
  type createTheme,
  type DataFrame,
  type DisplayValueAlignmentFactors,
  dateTime,
  type FieldDisplay,
  FieldType,
  getDisplayValueAlignmentFactors,
  getFieldDisplayValues,
  renderMarkdown,
  transformDataFrame,
} from '@grafana/data';
import { BarGauge, BigValue, TimeSeries, VizRepeater } from '@grafana/ui';
import { TableNG } from '@grafana/ui/unstable';
import { firstValueFrom } from 'rxjs';
import type { Panel, Setting } from '../../dashboards/questions.ts';
import { REGISTRY } from './field-config.ts';

export type Theme = ReturnType<typeof createTheme>;
export type Size = { width: number; height: number };

const asIs = (text: string) => text;

/** Transformed, then dressed with the panel's field settings. */
export async function dressed(panel: Panel, frames: DataFrame[], theme: Theme): Promise<DataFrame[]> {
  const data = await firstValueFrom(transformDataFrame(panel.transformations ?? [], frames));
  const dressed = applyFieldOverrides({
    data,
    fieldConfig: panel.fieldConfig,
    fieldConfigRegistry: REGISTRY,
    replaceVariables: asIs,
    theme,
    timeZone: 'utc',
  });
  cacheFieldDisplayNames(dressed);
  return dressed;
}

type Props = Size & { panel: Panel; frames: DataFrame[]; theme: Theme; setting: Setting };

export function PanelBody({ panel, ...rest }: Props) {
  if (panel.type === 'text') return <Text panel={panel} />;
  const isEmpty = rest.frames.every(({ length }) => length === 0);
  if (isEmpty && panel.type !== 'stat')
    return <p style={{ padding: 16 }}>{panel.fieldConfig.defaults.noValue || 'No data'}</p>;
  if (panel.type === 'timeseries') return <Timeseries panel={panel} {...rest} />;
  if (panel.type === 'table') return <Table panel={panel} {...rest} />;
  if (panel.type === 'stat') return <Repeated panel={panel} {...rest} />;
  if (panel.type === 'bargauge') return <Repeated panel={panel} {...rest} />;
  throw new Error(`Cannot draw a panel of type "${panel.type}"`);
}

function Text({ panel }: { panel: Panel }) {
  const html = { __html: renderMarkdown(panel.options.content) };
  // biome-ignore lint/security/noDangerouslySetInnerHtml: our own text, made safe by Grafana's renderer
  return <div className="markdown-html" style={{ padding: '0 12px', fontSize: 14 }} dangerouslySetInnerHTML={html} />;
}

function Timeseries({ panel, frames, width, height, setting }: Props) {
  const from = dateTime(setting.fromSeconds * 1000);
  const to = dateTime(setting.toSeconds * 1000);
  return (
    <TimeSeries
      frames={withNulls(frames)}
      width={width}
      height={height}
      timeRange={{ from, to, raw: { from, to } }}
      timeZone="utc"
      legend={panel.options.legend}
      options={panel.options}
    />
  );
}

/** What is not finite cannot be drawn: a gap, as in Grafana. */
function withNulls(frames: DataFrame[]): DataFrame[] {
  return frames.map((frame) => ({
    ...frame,
    fields: frame.fields.map((field) =>
      field.type === FieldType.number
        ? { ...field, values: field.values.map((v) => (Number.isFinite(v) ? v : null)) }
        : field,
    ),
  }));
}

function Table({ panel, frames, width, height }: Props) {
  return (
    <TableNG
      data={frames[0]!}
      width={width}
      height={height}
      sortBy={panel.options.sortBy}
      cellHeight={panel.options.cellHeight}
      enableVirtualization={false}
    />
  );
}

function Repeated({ panel, frames, width, height, theme }: Props) {
  const { options, fieldConfig } = panel;
  const values = () =>
    getFieldDisplayValues({
      fieldConfig,
      reduceOptions: options.reduceOptions,
      replaceVariables: asIs,
      theme,
      data: frames,
      timeZone: 'utc',
    });
  const one = (value: FieldDisplay, size: Size, count: number, alignmentFactors: DisplayValueAlignmentFactors) =>
    panel.type === 'stat' ? (
      <BigValue
        value={value.display}
        theme={theme}
        colorMode={options.colorMode}
        graphMode={options.graphMode}
        textMode={options.textMode}
        text={options.text}
        justifyMode={options.justifyMode}
        count={count}
        {...size}
      />
    ) : (
      <BarGauge
        value={value.display}
        field={value.field}
        display={value.view?.getFieldDisplayProcessor(value.colIndex!)}
        theme={theme}
        orientation={options.orientation}
        displayMode={options.displayMode}
        valueDisplayMode={options.valueMode}
        namePlacement={options.namePlacement}
        showUnfilled={options.showUnfilled}
        text={options.text}
        itemSpacing={8}
        alignmentFactors={alignmentFactors}
        {...size}
      />
    );
  return (
    <VizRepeater
      source={frames}
      getValues={values}
      getAlignmentFactors={getDisplayValueAlignmentFactors}
      renderValue={({ value, width: w, height: h, count, alignmentFactors }) =>
        one(value, { width: w, height: h }, count, alignmentFactors)
      }
      renderCounter={1}
      width={width}
      height={height}
      orientation={panel.type === 'stat' ? ('auto' as never) : options.orientation}
      autoGrid={panel.type === 'stat'}
      minVizHeight={options.minVizHeight}
      maxVizHeight={options.maxVizHeight}
      itemSpacing={8}
    />
  );
}
