import { dirname, resolve } from 'node:path';
import type { Log } from '../../log.ts';
import { describeError, OperatorError } from '../../operator-error.ts';
import { BYTES_MAX, readRegularFile, whyUnreadable } from '../../regular-file.ts';
import { type TlsContext, tlsContext } from './tls-context.ts';
import { parseWebConfig, type WebConfig, WebConfigProblems } from './web-config.ts';

const FLAG = '--web.config.file';

/** A whole configuration: the file and what it names. */
export type Loaded = { readonly config: WebConfig; readonly context: TlsContext | undefined };

/** The file in force. A file that breaks later leaves the last good one in force. */
export class WebConfigFile {
  readonly #path: string;
  readonly #log: Log;
  #loaded: Loaded;
  /** Everything that was read for it. */
  #fingerprint: string;
  /** What is wrong with the file as it is now, told once. */
  #trouble: string | undefined;

  /** Throws OperatorError with all that is wrong. */
  constructor(path: string, log: Log) {
    this.#path = path;
    this.#log = log;
    [this.#loaded, this.#fingerprint] = load(path);
  }

  get loaded(): Loaded {
    return this.#loaded;
  }

  /** Reads everything again; true when something else is in force now. Contents are compared, since a Secret's files are renewed behind a symbolic link. */
  reread(): boolean {
    try {
      const [loaded, fingerprint] = load(this.#path);
      if (fingerprint !== this.#fingerprint) this.#refuseAnotherServer(loaded);
      if (this.#trouble !== undefined) this.#log.info({}, `"${this.#path}" can be used again`);
      this.#trouble = undefined;
      if (fingerprint === this.#fingerprint) return false;
      this.#loaded = loaded;
      this.#fingerprint = fingerprint;
      this.#log.info({}, `"${this.#path}" has changed and is in force`);
      return true;
    } catch (error) {
      const { message, remedy } = describeError(error);
      if (message !== this.#trouble) {
        this.#log.error({ remedy }, `${message}; the configuration that was read before stays in force`);
      }
      this.#trouble = message;
      return false;
    }
  }

  /** Whether TLS is spoken, and whether a client is asked for a certificate, is settled when a server is made. */
  #refuseAnotherServer({ config: { tls } }: Loaded): void {
    const { tls: before } = this.#loaded.config;
    const isSame = (tls === undefined) === (before === undefined) && tls?.clientAuth.asked === before?.clientAuth.asked;
    if (isSame) return;
    const change = tls && before ? 'client certificates' : 'TLS';
    throw new OperatorError(`Cannot use "${this.#path}": it switches ${change} on or off while the agent runs`, {
      remedy: 'Restart the agent for this change',
    });
  }
}

function load(path: string): [loaded: Loaded, fingerprint: string] {
  const contents: string[] = [];
  const read = (name: string) => {
    const content = readText(name);
    contents.push(content);
    return content;
  };
  const config = parsed(path, read(path));
  const { tls } = config;
  const context = tls && usable(path, () => tlsContext(tls, (name) => read(resolve(dirname(path), name))));
  return [{ config, context }, JSON.stringify(contents)];
}

function parsed(path: string, text: string): WebConfig {
  try {
    return parseWebConfig(text);
  } catch (cause) {
    if (!(cause instanceof WebConfigProblems)) throw cause;
    const { problems } = cause;
    const count = problems.length === 1 ? '1 mistake' : `${problems.length} mistakes`;
    throw new OperatorError([`Cannot use "${path}": ${count}`, ...problems].join('\n  '), {
      remedy: `Correct the file, or point ${FLAG} at another`,
    });
  }
}

function usable<T>(path: string, make: () => T): T {
  try {
    return make();
  } catch (cause) {
    if (cause instanceof OperatorError) throw cause;
    throw new OperatorError(`Cannot use "${path}": tls_server_config: ${(cause as Error).message}`, {
      remedy: 'Give it a certificate and a key in PEM that belong together, and authorities in PEM',
      cause,
    });
  }
}

function readText(path: string): string {
  try {
    return readRegularFile(path, BYTES_MAX.configuration).toString('utf8');
  } catch (cause) {
    throw new OperatorError(`Cannot read "${path}": ${whyUnreadable(cause)}`, {
      remedy: `Put the file there and make it readable for the agent, or correct ${FLAG}`,
      cause,
    });
  }
}
