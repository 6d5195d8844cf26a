/** The Secret that the component `tls` takes, made as daemonset/README.md says, and a scrape through it. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import bcrypt from 'bcryptjs';
import { createAuthority } from '../alertmanager/authority.ts';
import { kubectl, NODE, PLACE } from './cluster.ts';
import { NAMESPACE } from './installed.ts';

const USER = 'prometheus';

/** Its password is "secret". */
export async function createWebSecret(folder: string): Promise<void> {
  const at = mkdtempSync(join(folder, 'web-'));
  const { key, cert } = createAuthority().issue('DNS:conntrack-agent');
  const webConfig = {
    tls_server_config: { cert_file: 'tls.crt', key_file: 'tls.key' },
    basic_auth_users: { [USER]: await bcrypt.hash('secret', 5) },
  };
  const files = { 'web.yml': JSON.stringify(webConfig), 'tls.crt': cert, 'tls.key': key };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(at, name), text);
  const from = Object.keys(files).map((name) => `--from-file=${join(at, name)}`);
  await kubectl('-n', NAMESPACE, 'create', 'secret', 'generic', 'conntrack-agent-web', ...from);
}

/** Status of the answer, as curl prints it. */
export function scrapeWithPassword(password: string | undefined): Promise<string> {
  const user = password === undefined ? [] : ['-u', `${USER}:${password}`];
  const quiet = ['-sk', '-o', '/dev/null', '-w', '%{http_code}'];
  return PLACE.exec('node', 'curl', [...quiet, ...user, `https://${NODE}:10098/metrics`]);
}
