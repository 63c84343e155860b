import { z } from 'zod';

/** The address of a proxy; an IPv6 one may come with its brackets or without. */
export const proxyUrl = (server: string, port: number): string =>
  `http://${server.includes(':') && !server.startsWith('[') ? `[${server}]` : server}:${port}`;

/** How the client reaches the network. The proxy's password is not among the settings: see `SettingsStore`. */
export const proxySettings = z.discriminatedUnion('mode', [
  /** As Windows does: a script, a server, or none. */
  z.object({ mode: z.literal('system') }),
  z.object({ mode: z.literal('none') }),
  z.object({
    mode: z.literal('manual'),
    server: z
      .string()
      .trim()
      .min(1)
      .max(253)
      .regex(/^[^\s/@?#\\]+$/)
      .refine((server) => URL.canParse(proxyUrl(server, 80))),
    port: z.number().int().min(1).max(65_535),
    /** Null for a proxy that asks for no account. */
    account: z.string().min(1).max(256).nullable(),
  }),
]);
export type ProxySettings = z.infer<typeof proxySettings>;

/** What a person may set in the client. */
export const clientSettings = z.object({
  proxy: proxySettings,
  /** BCP 47 tag that goes before the group's language; null to follow the group. */
  language: z.string().min(2).max(35).nullable(),
});
export type ClientSettings = z.infer<typeof clientSettings>;

export const defaultSettings: ClientSettings = { proxy: { mode: 'system' }, language: null };
