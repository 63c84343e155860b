import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import path from 'node:path';
import { type PublicKey, thumbprintInput } from '../../contract/device.ts';
import { signatureBase, signatureParams } from '../../contract/http-signature.ts';

/** Requests that show every place where two implementations of the profile could differ; for C++ and TypeScript alike. */
const REQUESTS = [
  {
    origin: 'https://systemlog.example',
    method: 'POST',
    path: '/v1/devices',
    query: '',
    body: '{"name":"田中のPC"}',
  },
  {
    origin: 'https://systemlog.example:443',
    method: 'POST',
    path: '/v1/events',
    query: '',
    body: '{"events":[]}',
  },
  {
    origin: 'https://SystemLog.example:8443/',
    method: 'GET',
    path: '/v1/device/policy',
    query: '',
    body: '',
  },
  {
    origin: 'http://127.0.0.1:8080',
    method: 'GET',
    path: '/v1/device/policy',
    query: '?version=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    body: '',
  },
  { origin: 'http://[::1]:80', method: 'POST', path: '/v1/device/logon-report', query: '', body: '{}' },
] as const;

/** Made for these vectors and nothing else. */
const KEY = createPrivateKey(`-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgcP9bBN8nJBan0hYb
711/eeWPhPbofJfaKP76Wzd73GShRANCAATeWkN/qVaObHv3ZLdEomTD8VieElZU
5096UGnqS3eq3G6XiIwJbnh+kA3ASa3pyY/JeesHoMCRCnlztMTvk6Zl
-----END PRIVATE KEY-----`);

export interface SignatureVector {
  origin: string;
  method: string;
  path: string;
  query: string;
  body: string;
  nonce: string;
  contentDigest: string;
  base: string;
}

export const vectorFile = path.join(import.meta.dirname, '../../native/test/vectors/http-signature.json');

/** Everything but the signatures, which are different every time. */
export function signatureVectors(): { publicKey: PublicKey; device: string; requests: SignatureVector[] } {
  const { x = '', y = '' } = createPublicKey(KEY).export({ format: 'jwk' });
  const publicKey: PublicKey = { kty: 'EC', crv: 'P-256', x, y };
  const device = createHash('sha256').update(thumbprintInput(publicKey)).digest('base64url');
  const requests = REQUESTS.map(({ origin, method, path: at, query, body }, i) => {
    const nonce = `vector-${i}!#$%&'()*+,-./:;<=>?@[]^_\`{|}~`;
    const contentDigest = `sha-256=:${createHash('sha256').update(body).digest('base64')}:`;
    const target = { method, authority: new URL(origin).host, path: at, query: query || '?', contentDigest };
    const base = signatureBase(target, signatureParams(device, nonce));
    return { origin, method, path: at, query, body, nonce, contentDigest, base };
  });
  return { publicKey, device, requests };
}

export const signBase = (base: string): string =>
  sign('sha256', Buffer.from(base), { key: KEY, dsaEncoding: 'ieee-p1363' }).toString('base64url');

export function verifies(key: PublicKey, base: string, signature: string): boolean {
  const publicKey: KeyObject = createPublicKey({ key: { ...key }, format: 'jwk' });
  const options = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const;
  return verify('sha256', Buffer.from(base), options, Buffer.from(signature, 'base64url'));
}
