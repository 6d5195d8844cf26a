/** What a changed file may do while the agent runs: it may protect more, or differently, never less. */
import type { WebConfig } from './web-config.ts';

/**
 * Protection that `before` gives and `after` does not, in words; undefined where there is none. A file that was truncated,
 * or written to a full disk, looks exactly like one whose author wants no protection, and only a restart tells them apart.
 */
export function protectionTaken(before: WebConfig, after: WebConfig): string | undefined {
  const taken: string[] = [];
  if (before.users.size > 0 && after.users.size === 0) taken.push('the last user (basic_auth_users)');
  if (before.tls && !after.tls) taken.push('TLS (tls_server_config)');
  if (before.tls && after.tls) {
    const [was, is] = [before.tls.clientAuth, after.tls.clientAuth];
    const isLess = (['asked', 'required', 'verified'] as const).some((what) => was[what] && !is[what]);
    if (isLess) taken.push('the check of client certificates (client_auth_type)');
  }
  return taken.length === 0 ? undefined : taken.join(' and ');
}

/** What `after` adds that a server has from its making or never; undefined where there is nothing. */
export function additionForNewServers(before: WebConfig, after: WebConfig): string | undefined {
  if (!before.tls && after.tls) return 'TLS (tls_server_config)';
  if (!before.tls?.clientAuth.asked && after.tls?.clientAuth.asked) return 'client certificates (client_auth_type)';
  return undefined;
}
