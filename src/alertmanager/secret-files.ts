import { OperatorError } from '../model/operator-error.ts';
import { BYTES_MAX, readRegularFile, whyUnreadable } from '../system/regular-file.ts';

/** Names of files; what is in them never leaves this folder of the source but towards an Alertmanager. */
export type SecretFiles = {
  readonly caFile?: string | undefined;
  readonly basicAuth?: { readonly username: string; readonly passwordFile: string } | undefined;
  readonly bearerTokenFile?: string | undefined;
};

/**
 * Read anew whenever it is needed, so that a rotated secret counts at once, as with Prometheus. A file that cannot be read
 * for a moment, as happens while it is replaced, leaves what it held before.
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

  /** Without the line ends at its end. Throws OperatorError while it has never been readable. */
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

/** The `Authorization` header; undefined without credentials. Throws OperatorError, which never carries what was read. */
export function authorizationOf({ basicAuth, bearerTokenFile }: SecretFiles): () => string | undefined {
  if (bearerTokenFile !== undefined) {
    const file = new SecretFile(bearerTokenFile, '--alertmanager.bearer-token-file');
    return () => {
      const token = file.read();
      // RFC 6750 b68token is narrower; anything that is not one printable word is a file of something else.
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

/** The authorities a new connection trusts; undefined leaves the system's. Throws OperatorError. */
export function authoritiesOf({ caFile }: SecretFiles): () => string | undefined {
  if (caFile === undefined) return () => undefined;
  const file = new SecretFile(caFile, '--alertmanager.ca-file', BYTES_MAX.configuration);
  return () => {
    const pem = file.read();
    // TLS takes a text without certificates for an empty list, and then nobody is trusted for no visible reason.
    if (pem.includes('-----BEGIN CERTIFICATE-----')) return pem;
    throw new OperatorError(`Cannot use "${caFile}": it holds no certificate in PEM`, {
      remedy: 'Put the certificate of the authority that signed the certificate of Alertmanager into it',
    });
  };
}
