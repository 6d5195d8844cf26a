/** The one file of systeminformation we load; its index would load every reader there is. */
declare module 'systeminformation/lib/memory.js' {
  import type { Systeminformation } from 'systeminformation';

  const memory: { mem(): Promise<Systeminformation.MemData> };
  export default memory;
}
