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

/**
 * A file that is read whenever it is needed, so that a rotated secret takes effect at once, as with Prometheus. While it cannot
 * be read, as happens when it is being replaced, its last contents are used.
 */
export class SecretFile {
  readonly #path: string;
  readonly #flag: string;
  readonly #bytesMax: number;
  #last: string | undefined;

  constructor(path: string, flag: string, bytesMax: number = BYTES_MAX.secret) {
    this.#path = path;
    this.#flag = flag;
    this.#bytesMax = bytesMax;
  }

  /**
   * The contents without trailing line ends.
   * @throws OperatorError when it has never been readable
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
    return text;
  }
}

/**
 * The `Authorization` header; undefined without credentials.
 * @throws OperatorError, from the function returned; it never contains what was read
 */
export function authorizationOf({ basicAuth, bearerTokenFile }: SecretFiles): () => string | undefined {
  if (bearerTokenFile !== undefined) {
    const file = new SecretFile(bearerTokenFile, '--alertmanager.bearer-token-file');
    return () => {
      const token = file.read();
      // RFC 6750 b64token is narrower; a file that is not one printable word holds something else.
      if (/^[\x21-\x7e]+$/.test(token)) return `Bearer ${token}`;
      throw new OperatorError(`Cannot use "${bearerTokenFile}": it does not hold one word of printable characters`, {
        remedy: 'Put the bare token into it',
      });
    };
  }
  if (basicAuth === undefined) return () => undefined;
  const file = new SecretFile(basicAuth.passwordFile, '--alertmanager.basic-auth.password-file');
  return () => `Basic ${Buffer.from(`${basicAuth.username}:${file.read()}`).toString('base64')}`;
}

/**
 * The certificate authorities that a new connection trusts; undefined leaves the system's.
 * @throws OperatorError, from the function returned
 */
export function authoritiesOf({ caFile }: SecretFiles): () => string | undefined {
  if (caFile === undefined) return () => undefined;
  const file = new SecretFile(caFile, '--alertmanager.ca-file', BYTES_MAX.configuration);
  return () => {
    const pem = file.read();
    // TLS takes a text without certificates for an empty list, and would then trust no server, without saying why.
    if (pem.includes('-----BEGIN CERTIFICATE-----')) return pem;
    throw new OperatorError(`Cannot use "${caFile}": it holds no certificate in PEM`, {
      remedy: 'Put the certificate of the authority that signed the certificate of Alertmanager into it',
    });
  };
}

/** Visible characters, spaces and tabs (RFC 9110, field-value); Node refuses to send others. */
const HEADER_VALUE = /^[\t\x20-\x7e]+$/;

/**
 * What is sent with every request: `authorizationOf` and the headers of the operator's choice.
 * @throws OperatorError, from the function returned; it never contains what was read
 */
export function credentialsOf(secrets: SecretFiles): () => Credentials {
  const { headers = [], headerFiles = [] } = secrets;
  const authorization = authorizationOf(secrets);
  const given = headers.map(({ name, value }) => [name, value] as const);
  const files = headerFiles.map(({ name, path }) => {
    const file = new SecretFile(path, '--alertmanager.header-file');
    return [name, () => headerValue(file.read(), path)] as const;
  });
  return () => {
    const own = authorization();
    const read = files.map(([name, value]) => [name, value()] as const);
    const plain = given.filter(([name]) => name.toLowerCase() === 'authorization');
    return {
      headers: { ...Object.fromEntries([...given, ...read]), ...(own !== undefined && { authorization: own }) },
      secrets: [own?.split(' ')[1], ...[...plain, ...read].map(([, value]) => value)].filter(
        (secret) => secret !== undefined,
      ),
    };
  };
}

function headerValue(text: string, path: string): string {
  if (HEADER_VALUE.test(text)) return text;
  throw new OperatorError(`Cannot use "${path}": it does not hold one line of printable characters`, {
    remedy: 'Put the bare value of the header into it',
  });
}

/**
 * The certificate of the agent for new connections; undefined without one. Files that are being replaced may not belong together:
 * the last pair that did is used then, and the problem is logged once.
 * @throws OperatorError, from the function returned, when no pair has ever been usable
 */
export function clientCertificateOf({ certFile, keyFile }: SecretFiles, log: Log): () => ClientCertificate | undefined {
  if (certFile === undefined || keyFile === undefined) return () => undefined;
  const cert = new SecretFile(certFile, '--alertmanager.cert-file', BYTES_MAX.configuration);
  const key = new SecretFile(keyFile, '--alertmanager.key-file', BYTES_MAX.configuration);
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
