import { OperatorError } from '../model/operator-error.ts';
import { BYTES_MAX, readRegularFile, whyUnreadable } from '../system/regular-file.ts';

/** Names of files. Their contents are sent to an Alertmanager and nowhere else. */
export type SecretFiles = {
  readonly caFile?: string | undefined;
  readonly basicAuth?: { readonly username: string; readonly passwordFile: string } | undefined;
  readonly bearerTokenFile?: string | undefined;
};

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
