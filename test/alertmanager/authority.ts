/** A certificate authority of one test, made by openssl. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export type Authority = {
  /** Its own certificate. */
  readonly caFile: string;
  /** Signs a certificate for a host, `DNS:name` or `IP:address`; with -1 day it ended yesterday. */
  readonly issue: (host: string, days?: number) => { readonly key: string; readonly cert: string };
};

export function createAuthority(): Authority {
  const folder = temporaryFolder();
  const file = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => void execFileSync('openssl', args, { stdio: 'ignore' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...key, '-keyout', file('ca.key'), '-out', file('ca.pem'), '-subj', '/CN=test', '-days', '2');
  return {
    caFile: file('ca.pem'),
    issue(host, days = 1) {
      openssl('req', ...key, '-keyout', file('key.pem'), '-out', file('request.pem'), '-subj', '/CN=server');
      writeFileSync(file('names'), `subjectAltName=${host}`);
      const by = ['-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-CAcreateserial', '-days', String(days)];
      openssl('x509', '-req', '-in', file('request.pem'), ...by, '-extfile', file('names'), '-out', file('cert.pem'));
      return { key: readFileSync(file('key.pem'), 'utf8'), cert: readFileSync(file('cert.pem'), 'utf8') };
    },
  };
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'conntrack-authority-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}
