import type { ProcessUsage } from '../model/reading.ts';
import type { Scalar } from './family.ts';

/** Under the names every Prometheus client uses. */
export const PROCESS = [
  {
    name: 'process_cpu_seconds_total',
    type: 'counter',
    help: 'User and system CPU time spent by the agent',
    value: ({ cpuSeconds }) => cpuSeconds,
  },
  {
    name: 'process_resident_memory_bytes',
    type: 'gauge',
    help: 'Resident memory of the agent',
    value: ({ residentBytes }) => residentBytes,
  },
  {
    name: 'process_start_time_seconds',
    type: 'gauge',
    help: 'Start of the agent in seconds since the epoch',
    value: ({ startTimeSeconds }) => startTimeSeconds,
  },
  {
    name: 'process_open_fds',
    type: 'gauge',
    help: 'File descriptors the agent has open',
    value: ({ openDescriptors }) => openDescriptors,
  },
  {
    name: 'process_max_fds',
    type: 'gauge',
    help: 'File descriptors the agent may have open',
    value: ({ maxDescriptors }) => maxDescriptors,
  },
] as const satisfies readonly Scalar<ProcessUsage>[];
