import { X509Certificate } from 'node:crypto';
import type { createServer } from 'node:https';
import { createSecureContext, type SecureContextOptions, type Server, type TLSSocket } from 'node:tls';
import { type KeyProblem, privateKeyProblem } from '../../../system/private-key.ts';
import type { TlsSettings } from './tls-section.ts';

/** Settings with the contents of their files, as Node takes them. */
export type TlsContext = SecureContextOptions;

/** The key cannot be used; the remedy depends on why. */
export class UnusableKeyError extends RangeError {
  readonly remedy: string;

  constructor({ what, remedy }: KeyProblem) {
    super(`key_file ${what}`);
    this.remedy = remedy;
  }
}

/**
 * `read` is called for each file.
 * @throws what `read` throws, and the TLS library's own error for files that do not fit
 */
export function tlsContext(settings: TlsSettings, read: (path: string) => string): TlsContext {
  const { certFile, keyFile, clientCaFile, minVersion, maxVersion, ciphers, honorCipherOrder, ecdhCurve } = settings;
  const context = {
    cert: certificatesIn('cert_file', read(certFile)),
    key: read(keyFile),
    ...(clientCaFile !== undefined && { ca: certificatesIn('client_ca_file', read(clientCaFile)) }),
    minVersion,
    maxVersion,
    ...(ciphers !== undefined && { ciphers }),
    honorCipherOrder,
    ...(ecdhCurve !== undefined && { ecdhCurve }),
  };
  const problem = privateKeyProblem(context.key);
  if (problem !== undefined) throw new UnusableKeyError(problem);
  createSecureContext(context);
  return context;
}

/**
 * The text, when it holds certificates and all of them are whole. Node ignores an empty text without an error, and would then
 * admit every client whose certificate a public authority has signed.
 */
function certificatesIn(key: string, pem: string): string {
  const whole = pem.match(/-----BEGIN ([A-Z0-9 ]*CERTIFICATE)-----[^-]+-----END \1-----/g) ?? [];
  const begun = pem.match(/-----BEGIN [A-Z0-9 ]*CERTIFICATE-----/g) ?? [];
  if (whole.length === 0) throw new RangeError(`${key} holds no certificate`);
  if (whole.length < begun.length) throw new RangeError(`${key} ends within a certificate`);
  for (const certificate of whole) new X509Certificate(certificate);
  return pem;
}

/** When the server's own certificate ends, in milliseconds since 1970; undefined where it holds no time that can be read. */
export function certificateEndMs({ cert }: TlsContext): number | undefined {
  const endMs = Date.parse(new X509Certificate(cert as string).validTo); // Of a chain it takes the first, which is the server's.
  return Number.isNaN(endMs) ? undefined : endMs;
}

/** TLS for servers: the context they start with, later ones for new connections, and which clients are admitted. */
export type Tls = {
  /** Of node:https, which is loaded only where TLS is wanted: it takes a megabyte of memory. */
  readonly createServer: typeof createServer;
  readonly context: TlsContext;
  /** A client is asked for a certificate. Fixed when a server is made. */
  readonly asksClients: boolean;
  /** Whether this client may go on, after the handshake. */
  admits(socket: TLSSocket): boolean;
  /** Gives the server each new context from now on. */
  follow(server: Server): void;
};

/** Node verifies a certificate that was requested, and leaves it to this function to require it. */
export function isAdmitted(socket: TLSSocket, { clientAuth }: TlsSettings): boolean {
  if (!clientAuth.asked) return true;
  // A resumed session has no chain any more, but the certificate it was opened with; without one the object is empty.
  const isGiven = Object.keys(socket.getPeerCertificate()).length > 0;
  if (!isGiven) return !clientAuth.required;
  return !clientAuth.verified || socket.authorized;
}
