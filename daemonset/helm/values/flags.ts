/** Values that are flags of the agent, with the words of the flags, so that the two cannot disagree. */
import type { Option } from '../../../src/config/option-values.ts';
import { OPTIONS } from '../../../src/config/options.ts';
import { THRESHOLD_ENTRIES, type ThresholdRow } from '../../../src/model/thresholds.ts';
import { BOOLEAN, DOTTED_NAME, DURATION, type Schema, SECRET_KEY, type Value } from './value.ts';

const helpOf = ({ flag, help }: Option) => `${help} (\`--${flag}\`)`;
const numberOf = ({ fallback }: Option) => Number(fallback);

/** What the agent itself checks, as a schema. */
function boundsOf({ value: { shape } }: Option): Schema {
  if (shape?.kind !== 'whole') throw new TypeError('Cannot take the bounds: it is no whole number');
  return { minimum: shape.from, maximum: shape.to };
}

/** Helm takes a fraction given by --set for a text. */
const DECIMAL = '^[0-9]+(\\.[0-9]+)?$';

function thresholdSchema({ kind, from, to }: ThresholdRow): Schema {
  return kind === 'duration' ? DURATION : { type: ['number', 'string'], minimum: from, maximum: to, pattern: DECIMAL };
}

/** `high-usage` as `highUsage`; the template turns it back. */
export function valueNameOf(flag: string): string {
  return flag.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

const ALARM_VALUES: readonly Value[] = THRESHOLD_ENTRIES.map(([key, row]) => ({
  name: `alarms.${valueNameOf(row.flag)}`,
  fallback: undefined,
  schema: thresholdSchema(row),
  help: `${helpOf(OPTIONS[key])}; ${OPTIONS[key].fallback} where it is not set`,
}));

export const FLAG_VALUES: readonly Value[] = [
  {
    name: 'flows.enabled',
    fallback: false,
    schema: BOOLEAN,
    help: 'Who fills the table, by a flow sample. Takes root with NET_ADMIN; the status page then shows which addresses talk to each other',
  },
  {
    name: 'flows.sampleSize',
    fallback: numberOf(OPTIONS.sampleSize),
    schema: { type: 'integer', ...boundsOf(OPTIONS.sampleSize) },
    help: helpOf(OPTIONS.sampleSize),
  },
  {
    name: 'flows.schedule',
    fallback: OPTIONS.flowsSchedule.fallback,
    schema: { type: 'string', pattern: '^\\S+( +\\S+){4,5}$' },
    help: helpOf(OPTIONS.flowsSchedule),
  },
  {
    name: 'flows.top',
    fallback: numberOf(OPTIONS.flowsTop),
    schema: { type: 'integer', ...boundsOf(OPTIONS.flowsTop) },
    help: helpOf(OPTIONS.flowsTop),
  },
  {
    name: 'netns.enabled',
    fallback: false,
    schema: BOOLEAN,
    help: 'The fullest network namespaces with their pods. Takes hostPID: the agent sees every process of the node',
  },
  {
    name: 'alertmanager.urls',
    fallback: [],
    schema: {
      type: 'array',
      uniqueItems: true,
      items: { type: 'string', pattern: '^[hH][tT][tT][pP][sS]?://[^@?#\\s]+$' },
    },
    help: `${helpOf(OPTIONS.alertmanagerUrls)}. A name is looked up while there is still headroom`,
  },
  {
    name: 'alertmanager.externalLabels',
    fallback: {},
    schema: { type: 'object', additionalProperties: { type: 'string', minLength: 1 } },
    help: `${helpOf(OPTIONS.alertLabels)}: the same ones, or the alerts do not merge`,
  },
  {
    name: 'alertmanager.keepAlive',
    fallback: true,
    schema: BOOLEAN,
    help: `${OPTIONS.keepAlive.help} (\`--[no-]alertmanager.keep-alive\`)`,
  },
  {
    name: 'alertmanager.headers',
    fallback: {},
    schema: { type: 'object', additionalProperties: { type: 'string', pattern: '^[!-~]([\\t -~]*[!-~])?$' } },
    help: helpOf(OPTIONS.alertHeaders),
  },
  {
    name: 'alertmanager.secretName',
    fallback: '',
    schema: DOTTED_NAME,
    help: 'Secret with the files that the values `alertmanager.*Key` and `alertmanager.headerKeys` name; they are its keys',
  },
  { name: 'alertmanager.caKey', fallback: '', schema: SECRET_KEY, help: helpOf(OPTIONS.caFile) },
  { name: 'alertmanager.bearerTokenKey', fallback: '', schema: SECRET_KEY, help: helpOf(OPTIONS.bearerTokenFile) },
  { name: 'alertmanager.passwordKey', fallback: '', schema: SECRET_KEY, help: helpOf(OPTIONS.passwordFile) },
  {
    name: 'alertmanager.headerKeys',
    fallback: {},
    schema: { type: 'object', additionalProperties: { ...SECRET_KEY, minLength: 1 } },
    help: helpOf(OPTIONS.alertHeaderFiles),
  },
  { name: 'alertmanager.certKey', fallback: '', schema: SECRET_KEY, help: helpOf(OPTIONS.clientCertFile) },
  { name: 'alertmanager.keyKey', fallback: '', schema: SECRET_KEY, help: helpOf(OPTIONS.clientKeyFile) },
  {
    name: 'alertmanager.username',
    fallback: '',
    schema: { type: 'string', pattern: '^[^:]*$' },
    help: helpOf(OPTIONS.basicAuthUsername),
  },
  ...ALARM_VALUES,
  {
    name: 'extraArgs',
    fallback: [],
    schema: { type: 'array', items: { type: 'string', pattern: '^--[a-z]' } },
    help: 'More flags for the agent, such as `--log.level=debug`',
  },
];
