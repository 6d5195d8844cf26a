import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { askAgent } from '../../../src/cli/doctor/ask-agent.ts';

async function answering(body: string): Promise<string> {
  const path = join(tmpdir(), `conntrack-ask-agent-${process.pid}.sock`);
  const server = createServer((_req, res) => res.end(body));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => void server.close());
  return path;
}

describe('askAgent()', () => {
  it('has what the agent knows of its scrapers, also where it posts to no Alertmanager', async () => {
    const path = await answering('{"version":1,"scrapers":[]}');
    expect(await askAgent(path)).toEqual({ scrapers: [], alertmanagers: [], alarms: [] });
  });

  it('has the active alarms, and skips what is none', async () => {
    const alarm = {
      ...{
        alarm: 'table_full',
        alertname: 'ConntrackTableFull',
        severity: 'critical',
        label: 'full',
        summary: 'is full',
      },
      ...{ forSeconds: 3, isResolving: false, runbookUrl: 'https://example.com/runbook' },
    };
    const strange = [
      null,
      7,
      {},
      { ...alarm, severity: 'page' },
      { ...alarm, forSeconds: '3' },
      { ...alarm, summary: 1 },
    ];
    const path = await answering(JSON.stringify({ scrapers: [], alarms: [...strange, alarm] }));
    expect((await askAgent(path))?.alarms).toEqual([alarm]);
  });

  it.each([
    ['an agent of an older version', '{"version":1}'],
    ['a stranger', 'hello'],
    ['a stranger that speaks JSON', 'null'],
    ['a stranger that does not end', 'x'.repeat(3_000_000)],
  ])('is undefined for %s', async (_who, body) => {
    expect(await askAgent(await answering(body))).toBeUndefined();
  });

  it('reports why no agent answers, and nothing where none is asked', async () => {
    const problems: string[] = [];
    const report = ({ message }: { message: string }) => void problems.push(message);
    await askAgent(undefined, report);
    await askAgent('/nowhere/agent.sock', report);
    await askAgent(await answering('{"version":1}'), report);
    expect(problems).toEqual([
      'Cannot query the agent at "/nowhere/agent.sock": there is no such socket',
      expect.stringMatching(/^Cannot query the agent at ".*": the answer has no scrapers$/),
    ]);
  });

  it('is undefined without a socket, or with none that is listened on', async () => {
    expect(await askAgent(undefined)).toBeUndefined();
    expect(await askAgent('/nowhere/agent.sock')).toBeUndefined();
  });
});
