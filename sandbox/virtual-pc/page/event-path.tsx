import type { EventView, PcState } from '../page-messages.ts';
import { CheckIcon } from './icons.tsx';
import { type Speech, useSpeech } from './language.tsx';

type Mark = 'done' | 'waiting' | 'bypassed' | 'notNeeded';

/** How far an event has come: journal, queue, server. It is in the journal, or we would not know of it. */
function marksOf({ queued, received }: EventView): { queue: Mark; server: Mark } {
  const server = received ? 'done' : 'waiting';
  if (queued === 'none') return { queue: 'notNeeded', server };
  if (queued === 'yes') return { queue: 'done', server };
  return { queue: received ? 'bypassed' : 'waiting', server };
}

/** Why, where that helps to understand the event. */
function noteOn({ source, initiator, kind, reason }: EventView): string | null {
  if (source === 'reconciled') return 'note.reconciled';
  if (kind === 'logoff' && initiator === 'system') return 'note.forced';
  if (kind === 'shutdown' && reason === 'shutdown') return null;
  return reason && ['suspend', 'shutdown', 'restart'].includes(reason) ? `note.${reason}` : null;
}

const nameOf = (t: Speech['t'], kind: string): string => t(`kind.${kind}`, {}, kind);

/** Every event with its way through the system, newest first. */
export function EventPath({ state }: { state: PcState }) {
  const { t, time } = useSpeech();
  const newest = state.events[0];
  return (
    <section className="card event-path" aria-label={t('path.title')}>
      <header>
        <h2>{t('path.title')}</h2>
        <p>{t('path.explain')}</p>
      </header>
      <p className="unseen" role="status" aria-live="polite">
        {newest ? t('path.announce', { event: nameOf(t, newest.kind) }) : ''}
      </p>
      {state.events.length === 0 && <p className="empty">{t('path.empty')}</p>}
      <div className="event-room">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
        <section className="event-scroll" tabIndex={0} aria-label={t('path.title')}>
          <table data-testid="events">
            <thead>
              <tr>
                <th>{t('path.time')}</th>
                <th>{t('path.event')}</th>
                <th>{t('path.who')}</th>
                <th>{t('path.journal')}</th>
                <th>{t('path.queue')}</th>
                <th>{t('path.server')}</th>
              </tr>
            </thead>
            <tbody>
              {state.events.map((event) => (
                <EventRow key={event.id} event={event} at={time(event.occurredAt, state.timeZone, true)} />
              ))}
            </tbody>
          </table>
        </section>
      </div>
    </section>
  );
}

function EventRow({ event, at }: { event: EventView; at: string }) {
  const { t } = useSpeech();
  const marks = marksOf(event);
  const note = noteOn(event);
  return (
    <tr data-kind={event.kind} data-source={event.source}>
      <td className="event-time">{at}</td>
      <td>
        <span className={`event-name ${groupOf(event.kind)}`}>{nameOf(t, event.kind)}</span>
        {note && <span className="event-note">{t(note)}</span>}
      </td>
      <td className="event-who">{event.user ?? t('path.machine')}</td>
      <Stop mark="done" hop="journal" />
      <Stop mark={marks.queue} hop="queue" />
      <Stop mark={marks.server} hop="server" />
    </tr>
  );
}

/** One station of an event's way. */
function Stop({ mark, hop }: { mark: Mark; hop: 'journal' | 'queue' | 'server' }) {
  const { t } = useSpeech();
  return (
    <td className={`stop ${mark}`} data-hop={hop} data-mark={mark} title={t(`path.${mark}`)}>
      <span className="rail" aria-hidden="true" />
      <span className="bead">{mark === 'done' && <CheckIcon />}</span>
      <span className="unseen">{t(`path.${mark}`)}</span>
    </td>
  );
}

const BEGINS = ['logon', 'unlock', 'remote-connect', 'resume'];
const ENDS = ['logoff', 'lock', 'remote-disconnect', 'suspend'];
const groupOf = (kind: string): string =>
  BEGINS.includes(kind) ? 'begins' : ENDS.includes(kind) ? 'ends' : 'machine';
