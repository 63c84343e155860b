import type { KeyObject } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { readSignatureHeaders, signatureBase } from '../../../contract/http-signature.ts';
import { onlyHeader } from '../headers.ts';
import { type FreshNonce, freshNonce } from '../nonces/nonces.ts';
import { Refusal } from '../refusal.ts';
import type { Services } from '../services.ts';
import { isContentDigest } from './content-digest.ts';
import { verifySignature } from './keys.ts';

/** What the headers of a signed request say. The nonce is fresh; nothing else is checked yet. */
export interface SignatureHead {
  keyId: string;
  params: string;
  signature: Buffer;
  /** Of the form the profile knows; the body reader compares it with the body. */
  contentDigest: string;
  nonce: FreshNonce;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set while the headers are read, on routes that take signed requests. */
    signatureHead: SignatureHead | null;
  }
}

export function decorateWithSignature(app: FastifyInstance): void {
  app.decorateRequest('signatureHead', null);
}

/** Whether the request claims to be signed. */
export const looksSigned = (request: FastifyRequest): boolean =>
  onlyHeader(request, 'signature') !== undefined || onlyHeader(request, 'signature-input') !== undefined;

/**
 * Reads the headers of a signed request, before its body: cheap, and enough to turn away whoever has nothing.
 *
 * @throws Refusal `signature-missing`, `signature-invalid` (not of our profile), `digest-mismatch` (no sha-256 digest), `nonce-stale`.
 */
export function readSignatureHead(services: Services, request: FastifyRequest): SignatureHead {
  const signature = onlyHeader(request, 'signature');
  const signatureInput = onlyHeader(request, 'signature-input');
  if (signature === undefined || signatureInput === undefined) throw new Refusal('signature-missing');
  const read = readSignatureHeaders(signatureInput, signature);
  if (!read) {
    throw new Refusal('signature-invalid', 'The signature headers are not of the profile in use here');
  }
  const contentDigest = onlyHeader(request, 'content-digest');
  if (!isContentDigest(contentDigest)) {
    throw new Refusal('digest-mismatch', 'A signed request needs Content-Digest with sha-256 alone');
  }
  const nonce = freshNonce(services.nonces, read.nonce, request.arrivedAtMs);
  const { keyId, params, signatureBase64 } = read;
  return { keyId, params, signature: Buffer.from(signatureBase64, 'base64'), contentDigest, nonce };
}

/**
 * Checks the signature itself, which covers the body through its digest. The authority is always our own public one: behind a proxy that
 * rewrites Host the device still signs what it called, and a request made for another server never fits.
 *
 * @throws Refusal `signature-invalid`.
 */
export function checkSignature(
  services: Services,
  request: FastifyRequest,
  head: SignatureHead,
  key: KeyObject,
): void {
  const target = request.raw.url ?? '/';
  const queryAt = target.indexOf('?');
  const signed = {
    method: request.method,
    authority: services.authority,
    path: queryAt < 0 ? target : target.slice(0, queryAt),
    query: queryAt < 0 ? '?' : target.slice(queryAt),
    contentDigest: head.contentDigest,
  };
  if (!verifySignature(key, signatureBase(signed, head.params), head.signature)) {
    throw new Refusal('signature-invalid', `The signature must be for the authority ${services.authority}`);
  }
}
