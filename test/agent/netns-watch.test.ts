import { describe, expect, it } from 'vitest';
import { NetnsWatch } from '../../src/agent/netns-watch.ts';
import { ProcFs } from '../../src/host/procfs/proc-fs.ts';
import { FakeNode } from '../fake-node.ts';
import { FakeProcesses } from '../host/netns/fake-processes.ts';
import { collectedLog } from '../web/collected-log.ts';

describe('NetnsWatch', () => {
  it('tells once that it sees nothing, shows nothing meanwhile, and tells when it is over', async () => {
    await using node = await FakeNode.create();
    const processes = new FakeProcesses(node);
    processes.fill('host', 300);
    processes.put({ pid: 1, netns: 'host' });
    const { log, lines } = collectedLog();
    const watch = new NetnsWatch(new ProcFs(node.procRoot), 20, log);
    expect(watch.top).toBeUndefined();
    await watch.scan();
    expect(watch.top).toMatchObject([{ pid: 1, entries: 300, podUid: undefined }]);
    node.unloadModule();
    await watch.scan();
    await watch.scan();
    expect(watch.top).toBeUndefined();
    node.loadModule();
    await watch.scan();
    await watch.scan();
    expect(watch.top).toHaveLength(1);
    expect(lines.map((line) => line.message)).toEqual([
      expect.stringContaining('no entries by network namespace, and all else goes on: Cannot read entries'),
      'network namespaces are to be seen again',
    ]);
  });
});
