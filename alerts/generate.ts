/** `npm run alerts`: writes conntrack.rules.yaml and the README's table of alerts. A test holds that it has been run. */
import { readFileSync, writeFileSync } from 'node:fs';
import { RELEASE } from '../src/model/release.ts';
import { AGENT_ALERTS } from './agent-alerts.ts';
import { alarmAlerts } from './alarm-alerts.ts';
import { alertTable } from './alert-table.ts';
import { CLUSTER_ALERTS, CLUSTER_RECORDING_RULES } from './cluster-rules.ts';
import { rulesFile } from './rule.ts';

const HEAD = `Conntrack alerts ${RELEASE.rules}, for conntrack-agent and Prometheus ${RELEASE.prometheus} or later, or vmalert. Made by 'npm run alerts' from src/model/alarms/alarms.ts and the files beside this one; README.md says what goes to whom. The agents judge, ten times a second, and these rules repeat it: thresholds are their flags --alarm.*.`;
const TABLE =
  'Alarms of the agents. Each alert has two branches: the alarm as scraped last, and one that began between the last two scrapes, be they as far apart as 15 minutes (irate, because VictoriaMetrics takes the first value of a new series for an increase), while the agent is there: an alert of a node that is deleted ends with it. An alert outlives what it saw by five minutes, or a full table that cannot be scraped would end it.';
const LOSSES = 'Alarms of the agents, as above.';
const AGENTS = 'An agent that sees nothing, or is not seen.';
const CLUSTERS = 'What no node can know.';

/** Files that are made, and what belongs in them. */
export const MADE = [
  {
    name: 'conntrack.rules.yaml',
    file: new URL('conntrack.rules.yaml', import.meta.url),
    text: () =>
      rulesFile(HEAD, [
        { name: 'conntrack-table', comment: TABLE, rules: alarmAlerts('table') },
        { name: 'conntrack-losses', comment: LOSSES, rules: alarmAlerts('losses') },
        { name: 'conntrack-agents', comment: AGENTS, rules: [...alarmAlerts('agent'), ...AGENT_ALERTS] },
        { name: 'conntrack-clusters', comment: CLUSTERS, rules: [...CLUSTER_RECORDING_RULES, ...CLUSTER_ALERTS] },
      ]),
  },
  { name: 'README.md', file: new URL('README.md', import.meta.url), text: readmeText },
] as const;

function readmeText(): string {
  return alertTable(readFileSync(new URL('README.md', import.meta.url), 'utf8'));
}

if (import.meta.url === new URL(process.argv[1] ?? '', 'file:').href) {
  for (const { file, text } of MADE) writeFileSync(file, text());
}
