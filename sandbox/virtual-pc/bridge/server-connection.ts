import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { type Dispatcher, request } from 'undici';
import type { z } from 'zod';
import { deviceRegistered } from '../../../contract/device.ts';
import { signatureBase, signatureParams } from '../../../contract/http-signature.ts';
import {
  type DevicePolicy,
  devicePolicy,
  logonReportAnswer,
  type ReleasedSecret,
  releasedSecret,
} from '../../../contract/logon.ts';
import { problem } from '../../../contract/problem.ts';
import { issuedNonce } from '../../../contract/session.ts';
import type { SignedStatement } from '../../../contract/statement.ts';
import { type EventUpload, uploadAnswer } from '../../../contract/upload.ts';
import type { DeviceKey } from './device-key.ts';

/** The server, or the way to it, said no. `code` is one of contract/problem.ts, or `unreachable` or `unreadable-answer`. */
export class ServerProblem extends Error {
  readonly code: string;
  /** How long the server asks to be left alone; null when it says nothing. */
  readonly retryAfterMs: number | null;

  constructor(code: string, detail: string, retryAfterMs: number | null = null) {
    super(`${code}: ${detail}`);
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

export interface ServerConnectionOptions {
  /** Origin of the server. */
  server: string;
  key: DeviceKey;
  /** The way out, such as a proxy. */
  dispatcher: Dispatcher;
  timeoutMs: number;
}

/** The server as the device itself talks to it: every request signed over a fresh nonce of the server's. */
export class ServerConnection {
  readonly #options: ServerConnectionOptions;

  constructor(options: ServerConnectionOptions) {
    this.#options = options;
  }

  /** POST /v1/devices. Registering twice is the same as registering once. */
  async register(device: { company: string; accessToken: string; name: string; clientVersion: string }) {
    const { key } = this.#options;
    const body = { ...device, publicKey: key.publicKey, deviceSecret: key.secret.toString('base64url') };
    return this.#send('/v1/devices', deviceRegistered, () => body);
  }

  /** POST /v1/events. The anchor is made for the very nonce that the request is signed over. */
  async upload(events: EventUpload['events'], anchorFor: (nonce: string) => SignedStatement) {
    return this.#send('/v1/events', uploadAnswer, (nonce) => ({ events, anchor: anchorFor(nonce) }));
  }

  /** GET /v1/device/policy. @param version of the policy that is held; empty for none. */
  async policy(version: string): Promise<DevicePolicy> {
    const query = version === '' ? '' : `?version=${encodeURIComponent(version)}`;
    return this.#signed('GET', `/v1/device/policy${query}`, devicePolicy, await this.#nonce(), null);
  }

  /** POST /v1/device/otp-secret, in the one way of encryption that the logon core opens. */
  async otpSecret(of: { sid: string; code?: string }): Promise<ReleasedSecret> {
    return this.#send('/v1/device/otp-secret', releasedSecret, () => ({
      ...of,
      algorithms: ['device-secret+hkdf-sha256+a256gcm'],
    }));
  }

  /** POST /v1/device/logon-report. @param report as the logon core wrote it. */
  async logonReport(report: string): Promise<{ policyVersion: string }> {
    const nonce = await this.#nonce();
    return this.#signed('POST', '/v1/device/logon-report', logonReportAnswer, nonce, report);
  }

  async #send<T extends z.ZodType>(
    path: string,
    answer: T,
    bodyFor: (nonce: string) => object,
  ): Promise<z.infer<T>> {
    const nonce = await this.#nonce();
    return this.#signed('POST', path, answer, nonce, JSON.stringify(bodyFor(nonce)));
  }

  async #nonce(): Promise<string> {
    return (await this.#exchange('POST', '/v1/nonces', issuedNonce, {}, null)).nonce;
  }

  /** @param json the body; null for none. */
  async #signed<T extends z.ZodType>(
    method: 'GET' | 'POST',
    path: string,
    answer: T,
    nonce: string,
    json: string | null,
  ): Promise<z.infer<T>> {
    const body = json === null ? null : gzipSync(json);
    const url = new URL(path, this.#options.server);
    const digest = createHash('sha256').update(body ?? '');
    const contentDigest = `sha-256=:${digest.digest('base64')}:`;
    const { key } = this.#options;
    const params = signatureParams(key.id, nonce);
    const target = { method, authority: url.host, path: url.pathname, query: url.search || '?' };
    const signature = key.sign(signatureBase({ ...target, contentDigest }, params)).toString('base64');
    const headers = {
      ...(body && { 'content-type': 'application/json', 'content-encoding': 'gzip' }),
      'content-digest': contentDigest,
      'signature-input': `sig=${params}`,
      signature: `sig=:${signature}:`,
    };
    return this.#exchange(method, path, answer, headers, body);
  }

  async #exchange<T extends z.ZodType>(
    method: 'GET' | 'POST',
    path: string,
    answer: T,
    headers: Record<string, string>,
    body: Buffer | null,
  ): Promise<z.infer<T>> {
    const { server, dispatcher, timeoutMs } = this.#options;
    const { statusCode, text, retryAfter } = await request(new URL(path, server), {
      method,
      headers,
      body,
      dispatcher,
      signal: AbortSignal.timeout(timeoutMs),
    })
      .then(async (response) => ({
        statusCode: response.statusCode,
        text: await response.body.text(),
        retryAfter: response.headers['retry-after'],
      }))
      .catch((error: unknown) => {
        throw new ServerProblem('unreachable', error instanceof Error ? error.message : String(error));
      });
    const content = parseJson(text);
    if (statusCode >= 200 && statusCode < 300) {
      const read = answer.safeParse(content);
      if (read.success) return read.data;
      throw new ServerProblem('unreadable-answer', `the answer to ${method} ${path} has another form`);
    }
    const said = problem.safeParse(content).data;
    const detail = said?.detail ?? said?.title ?? `${method} ${path} was answered with ${statusCode}`;
    throw new ServerProblem(said?.code ?? 'unreadable-answer', detail, retryAfterMs(retryAfter));
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Retry-After in seconds (RFC 9110 §10.2.3); a date is not read, as this machine's clock may be wrong. */
function retryAfterMs(value: string | string[] | undefined): number | null {
  const seconds = Number(Array.isArray(value) ? value[0] : value);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : null;
}
