/**
 * How a device signs its requests: the profile of RFC 9421 (HTTP Message Signatures) both sides keep to.
 *
 * One signature, labelled `sig`, algorithm ecdsa-p256-sha256 (§3.3.4: r‖s, 64 bytes), over exactly these components in this
 * order: "@method" "@authority" "@path" "@query" "content-digest", with the parameters keyid (the device id), nonce
 * (a fresh one of the server's) and tag. `created` is not used: a wrong clock must not lock a device out. Content-Digest
 * (RFC 9530, sha-256) covers the body as sent, after gzip, and is present even when the body is empty.
 */
export const SIGNATURE_TAG = 'systemlog-device';

/** What a signature is made over. */
export interface SignedRequest {
  method: string;
  /** Host header, lower case, without the scheme's default port. */
  authority: string;
  path: string;
  /** With its leading `?`; `?` alone when there is none (RFC 9421 §2.2.7). */
  query: string;
  /** `sha-256=:…:` */
  contentDigest: string;
}

/** The covered components and parameters: the value of `Signature-Input` after `sig=`. */
export const signatureParams = (keyId: string, nonce: string): string =>
  `("@method" "@authority" "@path" "@query" "content-digest");keyid="${keyId}";nonce="${nonce}";alg="ecdsa-p256-sha256";tag="${SIGNATURE_TAG}"`;

/** The signature base (RFC 9421 §2.5): the text whose UTF-8 bytes are signed. */
export const signatureBase = (request: SignedRequest, params: string): string =>
  [
    `"@method": ${request.method.toUpperCase()}`,
    `"@authority": ${request.authority}`,
    `"@path": ${request.path}`,
    `"@query": ${request.query}`,
    `"content-digest": ${request.contentDigest}`,
    `"@signature-params": ${params}`,
  ].join('\n');

const PARAMS =
  /^sig=(\("@method" "@authority" "@path" "@query" "content-digest"\);keyid="([A-Za-z0-9_-]{43})";nonce="([\x21\x23-\x5b\x5d-\x7e]{16,256})";alg="ecdsa-p256-sha256";tag="systemlog-device")$/;
const SIGNATURE = /^sig=:([A-Za-z0-9+/]{86}==):$/;

/** Reads the two headers of a signed request; null when they are not of this profile. */
export function readSignatureHeaders(
  signatureInput: string,
  signature: string,
): { params: string; keyId: string; nonce: string; signatureBase64: string } | null {
  const input = PARAMS.exec(signatureInput);
  const value = SIGNATURE.exec(signature);
  const [params, keyId, nonce] = input?.slice(1) ?? [];
  const signatureBase64 = value?.[1];
  if (!params || !keyId || !nonce || !signatureBase64) return null;
  return { params, keyId, nonce, signatureBase64 };
}
