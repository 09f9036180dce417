import { createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import forge from 'node-forge';
import type { ServerTls } from '../../tools/servers/server-tls.ts';

const KEY_BITS = 2048;
const VALID_MS = 24 * 60 * 60_000;
/** Alternative names of a certificate: DNS names and addresses have a number each. */
const DNS_NAME = 2;
const IP_ADDRESS = 7;

/** An authority that lives as long as the test: nobody else trusts it. */
export class ThrowAwayAuthority {
  /** As PEM text. */
  readonly certificate: string;
  readonly #own: forge.pki.Certificate;
  readonly #key: forge.pki.rsa.PrivateKey;

  constructor(name: string) {
    const keys = makeKeys();
    this.#key = keys.privateKey;
    this.#own = draft(keys.publicKey, name);
    this.#own.setIssuer(this.#own.subject.attributes);
    this.#own.setExtensions([
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
      { name: 'subjectKeyIdentifier' },
    ]);
    this.#own.sign(this.#key, forge.md.sha256.create());
    this.certificate = forge.pki.certificateToPem(this.#own);
  }

  /** A server's certificate for these host names and addresses. */
  issue(hosts: readonly string[]): ServerTls {
    const keys = makeKeys();
    const certificate = draft(keys.publicKey, 'server');
    certificate.setIssuer(this.#own.subject.attributes);
    certificate.setExtensions([
      { name: 'basicConstraints', cA: false },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: hosts.map((host) =>
          isIP(host) === 0 ? { type: DNS_NAME, value: host } : { type: IP_ADDRESS, ip: host },
        ),
      },
    ]);
    certificate.sign(this.#key, forge.md.sha256.create());
    return {
      certificate: forge.pki.certificateToPem(certificate),
      key: forge.pki.privateKeyToPem(keys.privateKey),
    };
  }
}

function draft(publicKey: forge.pki.rsa.PublicKey, name: string): forge.pki.Certificate {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = publicKey;
  // A leading 0 keeps the number positive.
  certificate.serialNumber = `00${randomBytes(16).toString('hex')}`;
  certificate.validity.notBefore = new Date(Date.now() - VALID_MS);
  certificate.validity.notAfter = new Date(Date.now() + VALID_MS);
  certificate.setSubject([{ name: 'commonName', value: name }]);
  return certificate;
}

/** By Node, which is a hundred times faster at it. */
function makeKeys(): { publicKey: forge.pki.rsa.PublicKey; privateKey: forge.pki.rsa.PrivateKey } {
  const pair = generateKeyPairSync('rsa', {
    modulusLength: KEY_BITS,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const pkcs1 = createPrivateKey(pair.privateKey).export({ type: 'pkcs1', format: 'pem' });
  return {
    publicKey: forge.pki.publicKeyFromPem(pair.publicKey),
    privateKey: forge.pki.privateKeyFromPem(String(pkcs1)),
  };
}
