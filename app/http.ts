import { Agent, type Dispatcher, EnvHttpProxyAgent, ProxyAgent, fetch as undiciFetch } from 'undici';
import type { Fetch } from './reporter/server-api.ts';
import { type ProxySettings, proxyUrl } from './settings/client-settings.ts';

export interface HttpOptions {
  /**
   * Asks the system which proxy an address takes, in the words of a PAC script (`PROXY host:port; DIRECT`), as Electron's
   * `resolveProxy` does. Without it the environment's HTTPS_PROXY and NO_PROXY are the system's word.
   */
  systemProxy?: (url: string) => Promise<string>;
  /** Certificate authorities to trust instead of Node's own, in PEM. */
  certificateAuthorities?: readonly string[];
}

/** The client's way to the network. */
export interface Http {
  fetch: Fetch;
  /** Takes effect with the next request. @param password of a manual proxy's account. */
  configure(proxy: ProxySettings, password: string | null): void;
  /** Ends all connections. */
  close(): Promise<void>;
}

/** One request at a time needs no more, in milliseconds. */
const CONNECT_MS = 10_000;

/** Goes directly until `configure` was called. */
export function createHttp(options: HttpOptions = {}): Http {
  const connect = {
    timeout: CONNECT_MS,
    ...(options.certificateAuthorities && { ca: [...options.certificateAuthorities] }),
  };
  let chosen: Dispatcher | ((url: string) => Promise<Dispatcher>) = new Agent({ connect });
  let open: Dispatcher[] = [chosen];

  function keep<D extends Dispatcher>(dispatcher: D): D {
    open.push(dispatcher);
    return dispatcher;
  }
  function proxied(uri: string, account: string | null, password: string | null): Dispatcher {
    const token = `Basic ${Buffer.from(`${account}:${password ?? ''}`).toString('base64')}`;
    return keep(
      new ProxyAgent({
        uri,
        connect,
        requestTls: connect,
        proxyTls: connect,
        ...(account !== null && { token }),
      }),
    );
  }

  /** One dispatcher for each answer the system gives, so that connections are used again. */
  function bySystem(systemProxy: (url: string) => Promise<string>) {
    const known = new Map<string, Dispatcher>();
    return async (url: string) => {
      const uri = proxyOf(await systemProxy(url));
      const dispatcher =
        known.get(uri ?? '') ?? (uri ? proxied(uri, null, null) : keep(new Agent({ connect })));
      known.set(uri ?? '', dispatcher);
      return dispatcher;
    };
  }

  async function close(): Promise<void> {
    const old = open;
    open = [];
    await Promise.all(old.map((dispatcher) => dispatcher.destroy()));
  }

  return {
    async fetch(url, init) {
      const dispatcher = typeof chosen === 'function' ? await chosen(url) : chosen;
      return undiciFetch(url, { ...init, dispatcher });
    },
    configure(proxy, password) {
      void close();
      switch (proxy.mode) {
        case 'none':
          chosen = keep(new Agent({ connect }));
          break;
        case 'manual':
          chosen = proxied(proxyUrl(proxy.server, proxy.port), proxy.account, password);
          break;
        case 'system':
          chosen = options.systemProxy
            ? bySystem(options.systemProxy)
            : keep(new EnvHttpProxyAgent({ connect, requestTls: connect, proxyTls: connect }));
      }
    },
    close,
  };
}

/** The first proxy of a PAC answer that we can use; null to go directly. */
export function proxyOf(pac: string): string | null {
  for (const part of pac.split(';')) {
    const [kind, address] = part.trim().split(/\s+/);
    if (kind === 'DIRECT') return null;
    if (!address) continue;
    if (kind === 'PROXY' || kind === 'HTTP') return `http://${address}`;
    if (kind === 'HTTPS') return `https://${address}`;
    if (kind === 'SOCKS5' || kind === 'SOCKS') return `socks5://${address}`;
  }
  return null;
}
