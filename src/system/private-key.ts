import { createPrivateKey } from 'node:crypto';

export type KeyProblem = {
  /** Completes the name of the file: "is encrypted". */
  readonly what: string;
  readonly remedy: string;
};

const WRITE = 'in a file that only the agent can read';

/** Why this text is no private key that can be used without a passphrase; undefined where it is one. Never contains the key. */
export function privateKeyProblem(pem: string): KeyProblem | undefined {
  if (isEncrypted(pem)) {
    const remedy = `Decrypt it: openssl pkey -in KEY -out NEW_KEY, ${WRITE}; nobody is there to type a passphrase`;
    return { what: 'is encrypted', remedy };
  }
  try {
    if (createPrivateKey(pem).type === 'private') return undefined;
  } catch {
    // OpenSSL's own message is only a number.
  }
  if (pem.includes('-----BEGIN OPENSSH PRIVATE KEY-----')) {
    const remedy = `Convert it: ssh-keygen -p -m PEM -N "" -f KEY, on a copy ${WRITE}`;
    return { what: 'is in the format of OpenSSH, expected PEM', remedy };
  }
  return { what: 'holds no private key', remedy: 'Give it the private key of the certificate in PEM' };
}

/** PKCS #8 (RFC 5958) names it in the first line, the older formats of OpenSSL in a header (RFC 1421). */
function isEncrypted(pem: string): boolean {
  return /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: *4, *ENCRYPTED/m.test(pem);
}
