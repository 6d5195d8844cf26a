/** The same flags from the environment. */
import type { Given } from './arguments.ts';
import { nearest } from './nearest.ts';
import { quoted } from './option-values.ts';
import { OPTION_ENTRIES, VARIABLE_PREFIX, variableOf } from './options.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export type Variables = { readonly given: readonly Given[]; readonly warnings: readonly string[] };

/**
 * Kubernetes puts the address of every Service of the namespace into each of its pods. One for a Service named
 * conntrack-agent has our prefix and is nobody's mistake (kubernetes pkg/kubelet/envvars/envvars.go).
 */
const INJECTED_BY_KUBERNETES = /^(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT(_.*)?)$/;

export function readVariables(env: Environment): Variables {
  const given: Given[] = [];
  for (const [key, { flag, kind, variable }] of OPTION_ENTRIES) {
    const ours = variableOf(flag);
    const name = env[ours] !== undefined ? ours : variable;
    const text = name === undefined ? undefined : env[name];
    if (text === undefined || (name !== ours && text === '')) continue;
    const texts = kind === 'list' ? text.split(',').map((part) => part.trim()) : [text];
    given.push(...texts.map((part) => ({ key, text: part, as: `${name} (--${flag})` })));
  }
  return { given, warnings: unknownVariables(env) };
}

/** Only warned about: a variable left over from another version must not keep a node unwatched. */
function unknownVariables(env: Environment): string[] {
  const known = OPTION_ENTRIES.map(([, { flag }]) => variableOf(flag));
  return Object.keys(env)
    .filter((name) => name.startsWith(VARIABLE_PREFIX) && !known.includes(name))
    .filter((name) => !INJECTED_BY_KUBERNETES.test(name.slice(VARIABLE_PREFIX.length)))
    .map((name) => {
      const near = nearest(name, known);
      const shown = /^\w+$/.test(name) ? name : quoted(name);
      return `${shown}: unknown variable${near === undefined ? '' : `, did you mean ${near}?`}`;
    });
}
