import { createSecureContext } from 'node:tls';
import type { Log } from '../model/log.ts';
import { OperatorError } from '../model/operator-error.ts';
import { privateKeyProblem } from '../system/private-key.ts';
import { BYTES_MAX, readRegularFile, whyUnreadable } from '../system/regular-file.ts';

/** Names of files. Their contents are sent to an Alertmanager and nowhere else. */
export type SecretFiles = {
  readonly caFile?: string | undefined;
  readonly basicAuth?: { readonly username: string; readonly passwordFile: string } | undefined;
  readonly bearerTokenFile?: string | undefined;
  /** Sent with every request. */
  readonly headers?: readonly { readonly name: string; readonly value: string }[];
  readonly headerFiles?: readonly { readonly name: string; readonly path: string }[];
  /** Both or neither: the certificate, with those between it and the authority, and its key. */
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
};

/** Headers of every request. */
export type Credentials = {
  readonly headers: Readonly<Record<string, string>>;
  /** Texts that must not be shown to anybody, should a server repeat them. */
  readonly secrets: readonly string[];
};

/** In PEM. */
export type ClientCertificate = { readonly cert: string; readonly key: string };

/** What a secret must look like, and why a text that does not cannot be used. Never shows the text. */
type Shape = { readonly isMet: (text: string) => boolean; readonly why: string; readonly remedy: string };

const ANY: Shape = { isMet: () => true, why: '', remedy: '' };

type SecretFileOptions = { readonly flag: string; readonly bytesMax?: number; readonly shape?: Shape };

/**
 * A file that is read whenever it is needed, so that a rotated secret takes effect at once, as with Prometheus. While it cannot
 * be read or used, as happens when it is being replaced, its last usable contents stay in use.
 */
class SecretFile {
  readonly #path: string;
  readonly #flag: string;
  readonly #bytesMax: number;
  readonly #shape: Shape;
  #last: string | undefined;

  constructor(path: string, { flag, bytesMax = BYTES_MAX.secret, shape = ANY }: SecretFileOptions) {
    this.#path = path;
    this.#flag = flag;
    this.#bytesMax = bytesMax;
    this.#shape = shape;
  }

  /**
   * The contents without trailing line ends.
   * @throws OperatorError when it has never been usable; it never contains what was read
   */
  read(): string {
    try {
      this.#last = this.#readNow();
    } catch (error) {
      if (this.#last === undefined) throw error;
    }
    return this.#last;
  }

  #readNow(): string {
    const remedy = `Put it there and make it readable for the agent, or point ${this.#flag} at another file`;
    let text: string;
    try {
      text = readRegularFile(this.#path, this.#bytesMax)
        .toString('utf8')
        .replace(/[\r\n]+$/, '');
    } catch (cause) {
      throw new OperatorError(`Cannot read "${this.#path}": ${whyUnreadable(cause)}`, { remedy, cause });
    }
    if (text === '') throw new OperatorError(`Cannot use "${this.#path}": it is empty`, { remedy });
    if (!this.#shape.isMet(text))
      throw new OperatorError(`Cannot use "${this.#path}": ${this.#shape.why}`, this.#shape);
    return text;
  }
}

/** RFC 6750 b64token is narrower; a file that is not one printable word holds something else. */
const TOKEN: Shape = {
  isMet: (text) => /^[\x21-\x7e]+$/.test(text),
  why: 'it does not hold one word of printable characters',
  remedy: 'Put the bare token into it',
};

/** TLS takes a text without certificates for an empty list, and would then trust no server, without saying why. */
const AUTHORITIES: Shape = {
  isMet: (text) => text.includes('-----BEGIN CERTIFICATE-----'),
  why: 'it holds no certificate in PEM',
  remedy: 'Put the certificate of the authority that signed the certificate of Alertmanager into it',
};

/** Visible characters, spaces and tabs (RFC 9110, field-value); Node refuses to send others. */
const HEADER_VALUE: Shape = {
  isMet: (text) => /^[\t\x20-\x7e]+$/.test(text),
  why: 'it does not hold one line of printable characters',
  remedy: 'Put the bare value of the header into it',
};

/** The `Authorization` header that the flags for it make; undefined without them. */
type Authorization = { readonly value: string; readonly secret: string };

function authorizationOf({ basicAuth, bearerTokenFile }: SecretFiles): () => Authorization | undefined {
  if (bearerTokenFile !== undefined) {
    const file = new SecretFile(bearerTokenFile, { flag: '--alertmanager.bearer-token-file', shape: TOKEN });
    return () => {
      const token = file.read();
      return { value: `Bearer ${token}`, secret: token };
    };
  }
  if (basicAuth === undefined) return () => undefined;
  const file = new SecretFile(basicAuth.passwordFile, { flag: '--alertmanager.basic-auth.password-file' });
  return () => {
    const password = file.read();
    return { value: `Basic ${Buffer.from(`${basicAuth.username}:${password}`).toString('base64')}`, secret: password };
  };
}

/**
 * The certificate authorities that a new connection trusts; undefined leaves the system's.
 * @throws OperatorError, from the function returned
 */
export function authoritiesOf({ caFile }: SecretFiles): () => string | undefined {
  if (caFile === undefined) return () => undefined;
  const flag = '--alertmanager.ca-file';
  const file = new SecretFile(caFile, { flag, bytesMax: BYTES_MAX.configuration, shape: AUTHORITIES });
  return () => file.read();
}

/**
 * What is sent with every request: the `Authorization` header and the headers of the operator's choice.
 * @throws OperatorError, from the function returned; it never contains what was read
 */
export function credentialsOf(secrets: SecretFiles): () => Credentials {
  const { headers = [], headerFiles = [] } = secrets;
  const authorization = authorizationOf(secrets);
  const given = headers.map(({ name, value }) => [name, value] as const);
  const files = headerFiles.map(({ name, path }) => {
    const file = new SecretFile(path, { flag: '--alertmanager.header-file', shape: HEADER_VALUE });
    return [name, file] as const;
  });
  return () => {
    const own = authorization();
    const read = files.map(([name, file]) => [name, file.read()] as const);
    const plain = given.filter(([name]) => /authorization/i.test(name));
    return {
      headers: { ...Object.fromEntries([...given, ...read]), ...(own !== undefined && { authorization: own.value }) },
      secrets: [own?.secret, own?.value, ...[...plain, ...read].map(([, value]) => value)]
        .filter((secret) => secret !== undefined)
        .flatMap(wordsOf),
    };
  };
}

/** The whole value and what follows its scheme, of Basic the password too: a server may repeat any of them alone. */
function wordsOf(value: string): readonly string[] {
  const [, scheme = '', rest = ''] = /^([\w-]+)\s+(.+)$/.exec(value) ?? [];
  if (rest === '') return [value];
  const isBasic = scheme.toLowerCase() === 'basic';
  const password = isBasic ? Buffer.from(rest, 'base64').toString().split(':').slice(1).join(':') : '';
  return [value, rest, password].filter((word) => word !== '');
}

/** A server may repeat in its answer what it was sent, also escaped as in an URL, JSON or HTML, and with other capitals. */
export function withoutSecrets(secrets: readonly string[], text: string): string {
  const longestFirst = [...secrets].sort((a, b) => b.length - a.length);
  return longestFirst.reduce(withoutSecret, text);
}

function withoutSecret(text: string, secret: string): string {
  const forms = [...secret].map(formsOf);
  const lower = lowerCase(text);
  let rest = '';
  for (let at = 0; at < text.length; ) {
    const end = endOf(forms, lower, at);
    rest += end === undefined ? text[at] : '***';
    at = end ?? at + 1;
  }
  return rest;
}

/** Where the characters end that begin there, each in one of its forms; undefined where others stand. */
function endOf(forms: readonly (readonly string[])[], text: string, start: number): number | undefined {
  let end = start;
  for (const character of forms) {
    const form = character.find((one) => text.startsWith(one, end));
    if (form === undefined) return undefined;
    end += form.length;
  }
  return end;
}

const HTML_NAMES: Readonly<Record<string, string>> = {
  '"': '&quot;',
  '&': '&amp;',
  "'": '&apos;',
  '<': '&lt;',
  '>': '&gt;',
};

/** How a character may be written, the longest first. */
function formsOf(character: string): readonly string[] {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  const bytes = [...Buffer.from(character)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
  const padded = hex.padStart(4, '0');
  const named = HTML_NAMES[character];
  const plain = [
    `&#x${hex};`,
    `&#${code};`,
    `&#${String(code).padStart(3, '0')};`,
    `\\u${padded}`,
    bytes,
    `\\${character}`,
    character,
  ];
  const forms = [...plain, ...(named === undefined ? [] : [named]), ...(character === ' ' ? ['+'] : [])];
  return forms.map(lowerCase).sort((a, b) => b.length - a.length);
}

/** Of ASCII alone, so that no text changes its length. */
function lowerCase(text: string): string {
  return text.replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase());
}

/**
 * The certificate of the agent for new connections; undefined without one. Files that are being replaced may not belong together:
 * the last pair that did is used then, and the problem is logged once.
 * @throws OperatorError, from the function returned, when no pair has ever been usable
 */
export function clientCertificateOf({ certFile, keyFile }: SecretFiles, log: Log): () => ClientCertificate | undefined {
  if (certFile === undefined || keyFile === undefined) return () => undefined;
  const cert = new SecretFile(certFile, { flag: '--alertmanager.cert-file', bytesMax: BYTES_MAX.configuration });
  const key = new SecretFile(keyFile, { flag: '--alertmanager.key-file', bytesMax: BYTES_MAX.configuration });
  let last: ClientCertificate | undefined;
  let logged: string | undefined;
  return () => {
    const pair = { cert: cert.read(), key: key.read() };
    if (pair.cert === last?.cert && pair.key === last.key) {
      logged = undefined;
      return last;
    }
    const problem = pairProblem(pair, certFile, keyFile);
    if (problem === undefined) {
      if (last !== undefined) log.info({ certFile }, 'The client certificate for Alertmanager was renewed');
      logged = undefined;
      last = pair;
      return pair;
    }
    if (last === undefined) throw problem;
    if (problem.message !== logged) {
      log.warn({ error: problem, remedy: problem.remedy }, 'The client certificate that was read before stays in use');
    }
    logged = problem.message;
    return last;
  };
}

function pairProblem({ cert, key }: ClientCertificate, certFile: string, keyFile: string): OperatorError | undefined {
  const unusable = privateKeyProblem(key);
  if (unusable !== undefined) return new OperatorError(`Cannot use "${keyFile}": it ${unusable.what}`, unusable);
  if (!cert.includes('-----BEGIN CERTIFICATE-----')) {
    return new OperatorError(`Cannot use "${certFile}": it holds no certificate in PEM`, {
      remedy: 'Put the certificate of the agent into it, followed by those of the authorities in between',
    });
  }
  try {
    createSecureContext({ cert, key });
    return undefined;
  } catch (cause) {
    const isMismatch = (cause as NodeJS.ErrnoException).code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH';
    const why = isMismatch ? `the key in "${keyFile}" belongs to another certificate` : (cause as Error).message;
    return new OperatorError(`Cannot use "${certFile}": ${why}`, {
      remedy: 'Give --alertmanager.cert-file and --alertmanager.key-file a certificate and a key that belong together',
      cause,
    });
  }
}
