/** Every value of the chart. values.yaml, values.schema.json and the README of the chart are made from this table. */
import { FLAG_VALUES } from './flags.ts';
import { INSTALLATION_VALUES } from './installation.ts';
import { MONITORING_VALUES } from './monitoring.ts';
import { POD_VALUES } from './pods.ts';
import type { Value } from './value.ts';

export const VALUES: readonly Value[] = [...INSTALLATION_VALUES, ...FLAG_VALUES, ...MONITORING_VALUES, ...POD_VALUES];
