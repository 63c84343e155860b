import type { UserView } from '../page-messages.ts';

/** What the tray icon says about the client: a text, a colour, and how many records wait. */
export interface ClientState {
  key: string;
  values: { n: number };
  tone: 'good' | 'busy' | 'warning' | 'stopped';
  badge: number | null;
}

export function clientStateOf({ client }: UserView): ClientState {
  const status = client?.status;
  const n = status?.waiting ?? 0;
  const said = (name: string, tone: ClientState['tone']): ClientState => ({
    key: `tray.state.${name}`,
    values: { n },
    tone,
    badge: n > 0 ? n : null,
  });
  if (client && !client.running) return said('stopped', 'stopped');
  if (!status) return said('starting', 'busy');
  if (status.server === 'offline' || status.server === 'needs-you') return said(status.server, 'warning');
  if (status.server === 'waiting') return said('waiting', 'busy');
  return n > 0 ? said('sending', 'busy') : said('online', 'good');
}
