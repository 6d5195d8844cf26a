/** The settings that a field may have, so that Grafana applies defaults and overrides as it does in a panel. */
import {
  dataLinksOverrideProcessor,
  displayNameOverrideProcessor,
  FieldConfigOptionsRegistry,
  identityOverrideProcessor,
  numberOverrideProcessor,
  standardFieldConfigEditorRegistry,
  standardTransformers,
  standardTransformersRegistry,
  stringOverrideProcessor,
  thresholdsOverrideProcessor,
  unitOverrideProcessor,
  valueMappingsOverrideProcessor,
} from '@grafana/data';

const STANDARD = {
  displayName: displayNameOverrideProcessor,
  unit: unitOverrideProcessor,
  min: numberOverrideProcessor,
  max: numberOverrideProcessor,
  decimals: numberOverrideProcessor,
  thresholds: thresholdsOverrideProcessor,
  mappings: valueMappingsOverrideProcessor,
  color: identityOverrideProcessor,
  links: dataLinksOverrideProcessor,
  noValue: stringOverrideProcessor,
} as const;

const CUSTOM = [
  'lineWidth',
  'lineStyle',
  'lineInterpolation',
  'fillOpacity',
  'gradientMode',
  'showPoints',
  'pointSize',
  'stacking',
  'drawStyle',
  'axisSoftMin',
  'axisSoftMax',
  'axisPlacement',
  'axisLabel',
  'axisColorMode',
  'spanNulls',
  'insertNulls',
  'scaleDistribution',
  'hideFrom',
  'thresholdsStyle',
  'fillBelowTo',
  'width',
  'minWidth',
  'align',
  'cellOptions',
  'hidden',
  'inspect',
  'filterable',
] as const;

/** Those that the dashboards use; the whole list has two names for one of them. */
const TRANSFORMERS = [
  standardTransformers.mergeTransformer,
  standardTransformers.filterFieldsByNameTransformer,
  standardTransformers.organizeFieldsTransformer,
];

const item = (id: string, process: unknown, isCustom: boolean) => ({
  id: isCustom ? `custom.${id}` : id,
  path: id,
  name: id,
  description: '',
  isCustom,
  process,
  shouldApply: () => true,
  override: () => null,
  editor: () => null,
  settings: {},
  getItemsCount: () => 0,
});

const standard = Object.entries(STANDARD).map(([id, process]) => item(id, process, false));

standardFieldConfigEditorRegistry.setInit(() => standard as never);
standardTransformersRegistry.setInit(
  () =>
    TRANSFORMERS.map((transformation) => ({
      id: transformation.id,
      transformation: async () => transformation,
      name: transformation.name,
    })) as never,
);

export const REGISTRY = new FieldConfigOptionsRegistry(
  () => [...standard, ...CUSTOM.map((id) => item(id, identityOverrideProcessor, true))] as never,
);
