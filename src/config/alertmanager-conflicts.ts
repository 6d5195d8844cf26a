/** Paging settings that do not go together, and ones that go but had better not. */
import type { OptionKey, Origins, PartialSettings } from './options.ts';

/** Of no use without an Alertmanager. */
const ALERTMANAGER_KEYS = [
  'alertLabels',
  'keepAlive',
  'caFile',
  'basicAuthUsername',
  'passwordFile',
  'bearerTokenFile',
] as const satisfies readonly OptionKey[];

export function alertmanagerConflicts(settings: PartialSettings, origins: Origins): string[] {
  return [
    ...withoutUrl(origins),
    ...halfOfBasicAuth(origins),
    ...twoCredentials(origins),
    ...uselessAuthorities(settings, origins),
    ...repeated(
      origins.get('alertmanagerUrls'),
      (settings.alertmanagerUrls ?? []).map(({ href }) => href),
    ),
    ...repeated(
      origins.get('alertLabels'),
      (settings.alertLabels ?? []).map(({ name }) => name),
    ),
  ];
}

/** What is allowed and will hurt. */
export function alertmanagerWarnings({ alertmanagerUrls = [] }: PartialSettings, origins: Origins): string[] {
  const secret = origins.get('passwordFile') ?? origins.get('bearerTokenFile');
  const open = alertmanagerUrls.find(({ protocol }) => protocol === 'http:');
  if (secret === undefined || open === undefined) return [];
  return [`${secret}: expected https, got "${open.href}"; whoever is on the way can read the secret`];
}

/** A URL that could not be parsed has its problem already. */
function withoutUrl(origins: Origins): string[] {
  if (origins.has('alertmanagerUrls')) return [];
  return ALERTMANAGER_KEYS.flatMap((key) => origins.get(key) ?? []).map(
    (flag) => `${flag}: expected --alertmanager.url beside it, got none`,
  );
}

function halfOfBasicAuth(origins: Origins): string[] {
  const [user, password] = [origins.get('basicAuthUsername'), origins.get('passwordFile')];
  if (user !== undefined && password === undefined)
    return [`${user}: expected --alertmanager.basic-auth.password-file beside it, got none`];
  if (user === undefined && password !== undefined)
    return [`${password}: expected --alertmanager.basic-auth.username beside it, got none`];
  return [];
}

function twoCredentials(origins: Origins): string[] {
  const token = origins.get('bearerTokenFile');
  const user = origins.get('basicAuthUsername') ?? origins.get('passwordFile');
  return token === undefined || user === undefined ? [] : [`${token}: contradicts ${user}`];
}

function uselessAuthorities({ alertmanagerUrls = [] }: PartialSettings, origins: Origins): string[] {
  const flag = origins.get('caFile');
  const isUseless = alertmanagerUrls.length > 0 && alertmanagerUrls.every(({ protocol }) => protocol === 'http:');
  return flag === undefined || !isUseless ? [] : [`${flag}: expected an https URL, got "${alertmanagerUrls[0]!.href}"`];
}

function repeated(flag: string | undefined, texts: readonly string[]): string[] {
  const twice = new Set(texts.filter((text, i) => texts.indexOf(text) !== i));
  return [...twice].map((text) => `${flag}: expected each once, got "${text}" twice`);
}
