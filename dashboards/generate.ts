/** `npm run dashboards`: writes the JSON beside it. A test holds that it has been run. */
import { writeFileSync } from 'node:fs';
import { jsonOf } from './board.ts';
import { fleetBoard } from './fleet.ts';
import { flowsBoard } from './flows.ts';
import { UIDS } from './links.ts';
import { nodeBoard } from './node.ts';

/** Files of this folder and the text that belongs in them. */
export const DASHBOARDS: readonly { readonly name: string; readonly file: URL; readonly json: () => string }[] = [
  fileOf(UIDS.fleet, () => jsonOf(fleetBoard())),
  fileOf(UIDS.node, () => jsonOf(nodeBoard())),
  fileOf(UIDS.flows, () => jsonOf(flowsBoard())),
];

function fileOf(name: string, json: () => string) {
  return { name, file: new URL(`${name}.json`, import.meta.url), json };
}

if (import.meta.url === new URL(process.argv[1] ?? '', 'file:').href) {
  for (const { file, json } of DASHBOARDS) writeFileSync(file, json());
}
