import { closeSync, fstatSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Log } from '../../model/log.ts';
import { OperatorError } from '../../model/operator-error.ts';
import { ProblemLog } from '../../system/problem-log.ts';
import { BYTES_MAX, openRegularFile, readWhole, whyUnreadable } from '../../system/regular-file.ts';
import { certificateEndMs, type TlsContext, tlsContext, UnusableKeyError } from './tls.ts';
import { parseWebConfig, type WebConfig, WebConfigProblems } from './web-config.ts';

const FLAG = '--web.config.file';
const ADD_PROTECTION = 'Add basic_auth_users or tls_server_config; for TLS the agent must be restarted';

/** A whole configuration: the file and what it names. */
type Loaded = { readonly config: WebConfig; readonly context: TlsContext | undefined };

/** One reading of the files: the configuration, or what is wrong with it. */
type Reading = { readonly files: FileSet; readonly result: Loaded | Error };

/** The file in force. A file that breaks later, or takes protection away, leaves the last good one in force. */
export class WebConfigFile {
  readonly #path: string;
  readonly #log: Log;
  #loaded: Loaded;
  /** Of everything that was read for it. */
  #contents: string;
  #last: Reading;
  /** Whether the last reading was adopted or refused; else somebody may be writing to the files. */
  #isDecided = true;
  /** What is wrong with the file as it is now. */
  readonly #problems: ProblemLog;
  /** Of the certificate in force, in milliseconds since 1970; undefined where there is none to wait for, and once its end has been logged. */
  #certificateEndMs: number | undefined;

  /** @throws OperatorError with all that is wrong. */
  constructor(path: string, log: Log) {
    this.#path = path;
    this.#log = log;
    this.#problems = new ProblemLog(log, 'error');
    this.#last = readFiles(path);
    const { result, files } = this.#last;
    if (result instanceof Error) throw result;
    this.#loaded = result;
    this.#contents = files.contents;
    this.#noteCertificate();
    const { users, tls } = result.config;
    if (users.size > 0 || tls) return;
    log.warn({ remedy: ADD_PROTECTION }, `"${path}" names no user and no certificate: TCP is open to everybody`);
  }

  get loaded(): Loaded {
    return this.#loaded;
  }

  /**
   * True when another configuration is in force now. Files are used once two readings in a row found them unchanged: nobody was
   * writing to them in between, so they are complete.
   */
  reread(): boolean {
    if (!this.#last.files.isUntouched()) {
      this.#last = readFiles(this.#path);
      this.#isDecided = false;
      return false;
    }
    if (this.#isDecided) return false;
    this.#isDecided = true;
    try {
      return this.#adopt(this.#last);
    } catch (error) {
      this.#problems.failed(error, 'the configuration that was read before stays in force');
      return false;
    }
  }

  /**
   * Reads the files now, and does not wait for a second reading: whoever asks for it has finished writing them.
   * @returns true when another configuration is in force now
   * @throws OperatorError with all that is wrong; the configuration that was read before stays in force
   */
  reload(): boolean {
    this.#last = readFiles(this.#path);
    this.#isDecided = true;
    try {
      return this.#adopt(this.#last);
    } catch (error) {
      this.#problems.note(error as Error);
      throw error;
    }
  }

  #adopt({ result, files }: Reading): boolean {
    if (result instanceof Error) throw result;
    const { contents } = files;
    const isSame = contents === this.#contents;
    if (!isSame) refuseWhileRunning(this.#path, this.#loaded.config, result.config);
    this.#problems.succeeded(`"${this.#path}" can be used again`);
    if (isSame) return false;
    this.#loaded = result;
    this.#contents = contents;
    this.#log.info({}, `"${this.#path}" has changed and is in force`);
    this.#noteCertificate();
    return true;
  }

  /** Says it once when the certificate in force has ended. It is served all the same: a scraper may be set not to look. */
  checkCertificate(nowMs: number): void {
    if (this.#certificateEndMs === undefined || nowMs <= this.#certificateEndMs) return;
    const ended = new Date(this.#certificateEndMs).toISOString();
    const remedy = 'Renew cert_file and key_file; they take effect within seconds, without a restart';
    this.#log.error({ remedy }, `The certificate that "${this.#path}" names ended at ${ended}: clients refuse it`);
    this.#certificateEndMs = undefined;
  }

  #noteCertificate(): void {
    const { context } = this.#loaded;
    this.#certificateEndMs = context && certificateEndMs(context);
  }
}

function refuseWhileRunning(path: string, before: WebConfig, after: WebConfig): void {
  const taken = protectionTaken(before, after);
  if (taken !== undefined) {
    throw new OperatorError(`Cannot use "${path}": it takes away ${taken} while the agent runs`, {
      remedy: 'Restart the agent if that is what you want, else put back what the file no longer says',
    });
  }
  const added = additionForNewServers(before, after);
  if (added !== undefined) {
    throw new OperatorError(`Cannot use "${path}": it adds ${added} while the agent runs`, {
      remedy: 'Restart the agent for this change',
    });
  }
}

/** Reads the file and what it names. */
function readFiles(path: string): Reading {
  const files = new FileSet(FLAG);
  let result: Reading['result'];
  try {
    const config = parsed(path, files.read(path));
    const { tls } = config;
    const read = (name: string) => files.read(resolve(dirname(path), name));
    result = { config, context: tls && usable(path, () => tlsContext(tls, read)) };
  } catch (error) {
    result = error as Error;
  }
  return { files, result };
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
    const remedy =
      cause instanceof UnusableKeyError
        ? cause.remedy
        : 'Give it a certificate and a key in PEM that belong together, and authorities in PEM';
    throw new OperatorError(`Cannot use "${path}": tls_server_config: ${(cause as Error).message}`, { remedy, cause });
  }
}

/**
 * Protection that `before` gives and `after` does not, in words; undefined where there is none. A file that was truncated,
 * or written to a full disk, looks exactly like one whose author wants no protection, and only a restart tells them apart.
 */
function protectionTaken(before: WebConfig, after: WebConfig): string | undefined {
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
function additionForNewServers(before: WebConfig, after: WebConfig): string | undefined {
  if (!before.tls && after.tls) return 'TLS (tls_server_config)';
  if (!before.tls?.clientAuth.asked && after.tls?.clientAuth.asked) return 'client certificates (client_auth_type)';
  return undefined;
}

/** Several small files that are read together. */

type FileState = { readonly path: string; readonly version: string; readonly text: string };

/** The files of one reading of a configuration, each in the state it was in then. */
class FileSet {
  readonly #flag: string;
  readonly #states: FileState[] = [];

  /** `flag` names the setting that leads to these files. */
  constructor(flag: string) {
    this.#flag = flag;
  }

  /**
   * The contents.
   * @throws OperatorError
   */
  read(path: string): string {
    try {
      const state = { path, ...readVersioned(path) };
      this.#states.push(state);
      return state.text;
    } catch (cause) {
      const seen = whyUnreadable(cause);
      this.#states.push({ path, version: seen, text: '' });
      throw new OperatorError(`Cannot read "${path}": ${seen}`, {
        remedy: `Put the file there and make it readable for the agent, or correct ${this.#flag}`,
        cause,
      });
    }
  }

  /** Equal for equal contents. */
  get contents(): string {
    return JSON.stringify(this.#states.map(({ text }) => text));
  }

  /** Whether all files are as they were: nobody has written to any, be it the same contents, and each is still the same file. */
  isUntouched(): boolean {
    return this.#states.every((before) => {
      const { version, text } = stateOf(before.path);
      return version === before.version && text === before.text;
    });
  }
}

function stateOf(path: string): Omit<FileState, 'path'> {
  try {
    return readVersioned(path);
  } catch (error) {
    return { version: whyUnreadable(error), text: '' };
  }
}

function readVersioned(path: string): Omit<FileState, 'path'> {
  const file = openRegularFile(path);
  try {
    const { dev, ino, mtimeNs, size } = fstatSync(file, { bigint: true });
    const text = readWhole(file, BYTES_MAX.configuration).toString('utf8');
    return { text, version: [dev, ino, mtimeNs, size].join(':') };
  } finally {
    closeSync(file);
  }
}
