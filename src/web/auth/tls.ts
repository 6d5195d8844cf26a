import { X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContextOptions, type TLSSocket } from 'node:tls';
import { type KeyProblem, privateKeyProblem } from '../../system/private-key.ts';
import { flag, type Section, text } from './section.ts';

/** `tls_server_config`. Paths stay names here; `tlsContext()` reads the files. */

export type TlsSettings = {
  readonly certFile: string;
  readonly keyFile: string;
  readonly clientCaFile: string | undefined;
  readonly clientAuth: ClientAuth;
  readonly minVersion: (typeof VERSIONS)[keyof typeof VERSIONS];
  readonly maxVersion: (typeof VERSIONS)[keyof typeof VERSIONS];
  /** Undefined leaves Node's. */
  readonly ciphers: string | undefined;
  readonly honorCipherOrder: boolean;
  /** Undefined leaves Node's. */
  readonly ecdhCurve: string | undefined;
};

const INSTEAD_OF_INLINE = 'expected a file beside the configuration, this agent takes no certificate or key within it';
const UNSUPPORTED: Readonly<Record<string, string>> = {
  cert: `${INSTEAD_OF_INLINE}; use cert_file`,
  key: `${INSTEAD_OF_INLINE}; use key_file`,
  client_ca: `${INSTEAD_OF_INLINE}; use client_ca_file`,
  client_allowed_sans: 'not supported by this agent; sign clients by an authority of their own with client_ca_file',
};

/** Undefined without the section, which is plain HTTP, and when it has problems. */
export function readTls(section: Section): TlsSettings | undefined {
  if (section.keys().length === 0) return undefined;
  const certFile = required(section, 'cert_file');
  const keyFile = required(section, 'key_file');
  const settings = {
    ...readClients(section),
    ...readVersions(section),
    ciphers: listOf(section, 'cipher_suites', CIPHERS),
    honorCipherOrder: section.take('prefer_server_cipher_suites', 'true or false', flag) ?? true,
    ecdhCurve: listOf(section, 'curve_preferences', CURVES),
  };
  section.end(UNSUPPORTED);
  return certFile === undefined || keyFile === undefined ? undefined : { certFile, keyFile, ...settings };
}

function required(section: Section, key: string): string | undefined {
  if (!section.has(key)) section.problem(key, 'expected a path, got none');
  return section.take(key, 'a path', text);
}

function readClients(section: Section): Pick<TlsSettings, 'clientAuth' | 'clientCaFile'> {
  const clientAuth: ClientAuth = wordOf(section, 'client_auth_type', CLIENT_AUTH) ?? CLIENT_AUTH.NoClientCert;
  const clientCaFile = section.take('client_ca_file', 'a path', text);
  if (clientAuth.verified && clientCaFile === undefined && !section.has('client_ca_file')) {
    section.problem('client_ca_file', 'expected a path, for client certificates are to be verified; got none');
  }
  if (clientCaFile !== undefined && !clientAuth.verified) {
    section.problem('client_auth_type', 'expected one that verifies, for there is a client_ca_file');
  }
  return { clientAuth, clientCaFile };
}

function readVersions(section: Section): Pick<TlsSettings, 'minVersion' | 'maxVersion'> {
  const minVersion = wordOf(section, 'min_version', VERSIONS) ?? VERSIONS.TLS12;
  const maxVersion = wordOf(section, 'max_version', VERSIONS) ?? VERSIONS.TLS13;
  if (minVersion > maxVersion) section.problem('max_version', 'expected one not below min_version');
  return { minVersion, maxVersion };
}

function wordOf<T>(section: Section, key: string, table: Readonly<Record<string, T>>): T | undefined {
  const expected = `one of ${Object.keys(table).join(', ')}`;
  return section.take(key, expected, (value) => (typeof value === 'string' ? ownValue(table, value) : undefined));
}

/** A list of words as OpenSSL takes it, joined by colons. */
function listOf(section: Section, key: string, table: Readonly<Record<string, string>>): string | undefined {
  return section.take(key, `a list of ${Object.keys(table).join(', ')}`, (value) => {
    if (!Array.isArray(value) || value.length === 0) return undefined;
    const names = value.map((word) => ownValue(table, String(word)));
    return names.includes(undefined) ? undefined : names.join(':');
  });
}

function ownValue<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

/* The tables below give OpenSSL's names for Go's names, which the file uses. */

/** TLS 1.0 and 1.1 are left out: OpenSSL 3 refuses them at its default security level, and RFC 8996 forbids them. */
const VERSIONS = { TLS12: 'TLSv1.2', TLS13: 'TLSv1.3' } as const;

/** What Go's tls.CipherSuites() lists; the three of TLS 1.3 first. */
const CIPHERS = {
  TLS_AES_128_GCM_SHA256: 'TLS_AES_128_GCM_SHA256',
  TLS_AES_256_GCM_SHA384: 'TLS_AES_256_GCM_SHA384',
  TLS_CHACHA20_POLY1305_SHA256: 'TLS_CHACHA20_POLY1305_SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 'ECDHE-RSA-AES128-GCM-SHA256',
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 'ECDHE-RSA-AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-ECDSA-CHACHA20-POLY1305',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-RSA-CHACHA20-POLY1305',
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: 'ECDHE-ECDSA-AES128-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: 'ECDHE-ECDSA-AES256-SHA',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: 'ECDHE-RSA-AES128-SHA',
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: 'ECDHE-RSA-AES256-SHA',
} as const;

const CURVES = {
  CurveP256: 'prime256v1',
  CurveP384: 'secp384r1',
  CurveP521: 'secp521r1',
  X25519: 'X25519',
} as const;

/** What each client_auth_type asks of a client, and what it then insists on. */
const CLIENT_AUTH = {
  NoClientCert: { asked: false, required: false, verified: false },
  RequestClientCert: { asked: true, required: false, verified: false },
  RequireAnyClientCert: { asked: true, required: true, verified: false },
  VerifyClientCertIfGiven: { asked: true, required: false, verified: true },
  RequireAndVerifyClientCert: { asked: true, required: true, verified: true },
} as const satisfies Record<string, ClientAuth>;

type ClientAuth = { readonly asked: boolean; readonly required: boolean; readonly verified: boolean };

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

/** Node verifies a certificate that was requested, and leaves it to this function to require it. */
export function isAdmitted(socket: TLSSocket, { clientAuth }: TlsSettings): boolean {
  if (!clientAuth.asked) return true;
  // A resumed session has no chain any more, but the certificate it was opened with; without one the object is empty.
  const isGiven = Object.keys(socket.getPeerCertificate()).length > 0;
  if (!isGiven) return !clientAuth.required;
  return !clientAuth.verified || socket.authorized;
}
