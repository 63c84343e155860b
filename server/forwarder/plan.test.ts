import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { punchTime } from '../king-of-time/punch-time.ts';
import type { HoldReason, LedgerRow, LedgerState } from './ledger.ts';
import { type DayPlan, type DayToPlan, type DerivedPunch, planDay } from './plan.ts';
import type { ForwardingSettings } from './settings.ts';

const at = (time: string) => Date.parse(`2026-06-01T${time}:00+09:00`);
const NOW = at('20:00');
const usual: ForwardingSettings = {
  atOnce: false,
  overwriteConfirmed: false,
  otherRecorders: false,
  vendorCompatible: false,
  foreignTime: 'instant',
  timeZone: 'Asia/Tokyo',
  carryOver: false,
};
const atOnce: ForwardingSettings = { ...usual, atOnce: true, overwriteConfirmed: true };

const punch = (kind: DerivedPunch['kind'], time: string, hold: HoldReason | null = null): DerivedPunch => ({
  kind,
  at: at(time),
  hold,
});

function row(
  kind: DerivedPunch['kind'],
  time: string,
  state: LedgerState,
  hold: HoldReason | null = null,
  lastProblem: string | null = null,
): LedgerRow {
  return {
    company: 'c',
    id: `${kind} ${time}`,
    employee: 'e',
    date: '2026-06-01',
    kind,
    at: at(time),
    state,
    hold,
    attempts: 1,
    notBefore: 0,
    lastProblem,
    verifiedAbsentAt: null,
    changedAt: 0,
  };
}

const day = (given: Partial<DayToPlan>): DayToPlan => {
  const forwarding = given.forwarding ?? usual;
  return {
    punches: [],
    ledger: [],
    settlement: 'settled',
    forwarding,
    inUndecidedUntil: null,
    flags: [],
    suggestedOut: null,
    written: (instant) => punchTime(instant, forwarding),
    now: NOW,
    debounceMs: 60_000,
    ...given,
  };
};

/** `kind state (hold) +debounce` of what is new, `id → state` of what changes, and the tasks. */
function told(plan: DayPlan): string[] {
  const held = (hold: HoldReason | null) => (hold ? ` (${hold})` : '');
  return [
    ...plan.inserts.map(
      ({ kind, state, hold, notBefore }) =>
        `${kind} ${state}${held(hold)}${state === 'waiting' && notBefore > NOW ? ` +${(notBefore - NOW) / 1000}s` : ''}`,
    ),
    ...plan.changes.map(({ id, fromAt, to }) => {
      const moved =
        to.at === fromAt ? '' : ` at ${new Date(to.at + 9 * 3_600_000).toISOString().slice(11, 16)}`;
      return `${id} → ${to.state}${held(to.hold)}${moved}`;
    }),
    ...plan.tasks.map(({ kind }) => `task ${kind}`),
  ];
}

const IN = punch('in', '09:00');
const OUT = punch('out', '18:00');
const BREAK = [punch('break-start', '12:00'), punch('break-end', '13:00')];
const SENT_IN = row('in', '09:00', 'sent');

test.each<[string, Partial<DayToPlan>, string[]]>([
  ['a running day sends its 出勤 only', { settlement: 'open', punches: [IN, ...BREAK, OUT] }, ['in waiting']],
  [
    'a settled day sends all of it',
    { punches: [IN, ...BREAK, OUT] },
    ['in waiting', 'out waiting', 'break-start waiting', 'break-end waiting'],
  ],
  ['what is sent stays', { punches: [IN], ledger: [SENT_IN] }, []],
  [
    'a day nobody can settle is held',
    { settlement: 'overdue', punches: [IN, ...BREAK, OUT], ledger: [SENT_IN] },
    ['out held (unsettled)', 'break-start held (unsettled)', 'break-end held (unsettled)', 'task unsettled'],
  ],
  [
    'settled after all, what was held for that goes',
    { punches: [IN, OUT], ledger: [SENT_IN, row('out', '18:00', 'held', 'unsettled')] },
    ['out 18:00 → waiting'],
  ],
  [
    'a settled day that is open again keeps what it still says, and drops what it does not',
    {
      settlement: 'open',
      punches: [IN, OUT],
      ledger: [SENT_IN, row('out', '18:00', 'waiting'), row('break-start', '12:00', 'waiting')],
    },
    ['break-start 12:00 → withdrawn'],
  ],
  [
    'at once: 退勤 waits for the debounce',
    { settlement: 'open', forwarding: atOnce, punches: [IN, OUT], ledger: [SENT_IN] },
    ['out waiting +60s'],
  ],
  [
    'at once: a later 退勤 supersedes one that waits',
    {
      settlement: 'open',
      forwarding: atOnce,
      punches: [IN, OUT],
      ledger: [SENT_IN, row('out', '17:59', 'waiting')],
    },
    ['out waiting +60s', 'out 17:59 → withdrawn'],
  ],
  [
    'at once: a later 退勤 follows one that is sent',
    {
      settlement: 'open',
      forwarding: atOnce,
      punches: [IN, OUT],
      ledger: [SENT_IN, row('out', '17:00', 'sent')],
    },
    ['out waiting +60s'],
  ],
  [
    'at once: an earlier 退勤 than the one sent needs a person',
    {
      settlement: 'open',
      forwarding: atOnce,
      punches: [IN, OUT],
      ledger: [SENT_IN, row('out', '19:00', 'sent')],
    },
    ['out held (changed-after-sending)', 'task changed-after-sending'],
  ],
  [
    'at once without the statement about overwriting is not done',
    { settlement: 'open', forwarding: { ...usual, atOnce: true }, punches: [IN, OUT], ledger: [SENT_IN] },
    [],
  ],
  [
    'at once: breaks still wait for the settled day, and are no late change then',
    { forwarding: atOnce, punches: [IN, ...BREAK, OUT], ledger: [SENT_IN, row('out', '18:00', 'sent')] },
    ['break-start waiting', 'break-end waiting'],
  ],
  [
    '要確認 is held',
    { punches: [punch('in', '09:00', 'in-by-end'), punch('out', '18:00', 'out-by-begin')] },
    ['in held (in-by-end)', 'out held (out-by-begin)'],
  ],
  [
    '要確認 is sent where the group does as the vendor does',
    {
      forwarding: { ...usual, vendorCompatible: true },
      punches: [punch('in', '09:00', 'in-by-end'), punch('out', '18:00', 'out-by-begin')],
      flags: ['abnormal-end'],
    },
    ['in waiting', 'out waiting'],
  ],
  [
    'a released row is not held again for the same reason',
    { punches: [punch('in', '09:00', 'in-by-end')], ledger: [row('in', '09:00', 'waiting', 'in-by-end')] },
    [],
  ],
  [
    'but for another',
    { punches: [punch('in', '09:00', 'abnormal-end')], ledger: [row('in', '09:00', 'waiting', 'in-by-end')] },
    ['in 09:00 → held (abnormal-end)'],
  ],
  [
    'an earlier 出勤 moves the row while it has not gone',
    { settlement: 'open', punches: [punch('in', '08:30')], ledger: [row('in', '09:00', 'waiting')] },
    ['in 09:00 → waiting at 08:30'],
  ],
  [
    'and a failed one',
    { settlement: 'open', punches: [punch('in', '08:30')], ledger: [row('in', '09:00', 'failed')] },
    ['in 09:00 → waiting at 08:30'],
  ],
  [
    'a failed 出勤 whose day has not changed stays failed',
    { settlement: 'open', punches: [IN], ledger: [row('in', '09:00', 'failed', null, 'not-arrived')] },
    ['task not-arrived'],
  ],
  [
    'a closed period stays held when the time moves',
    {
      settlement: 'open',
      punches: [punch('in', '08:30')],
      ledger: [row('in', '09:00', 'held', 'closed-period')],
    },
    ['in 09:00 → held (closed-period) at 08:30', 'task closed-period'],
  ],
  ...(['sending', 'unverified', 'sent'] as const).map((state): [string, Partial<DayToPlan>, string[]] => [
    `an earlier 出勤 than one that is ${state} is a task`,
    { settlement: 'open', punches: [punch('in', '08:30')], ledger: [row('in', '09:00', state)] },
    ['task earlier-in'],
  ]),
  [
    'a later 出勤 than the one sent is a change',
    { settlement: 'open', punches: [punch('in', '09:30')], ledger: [SENT_IN] },
    ['task changed-after-sending'],
  ],
  [
    'a day that vanished takes back what has not gone, and reports what has',
    { ledger: [SENT_IN, row('out', '18:00', 'waiting'), row('break-start', '12:00', 'held', 'unsettled')] },
    ['out 18:00 → withdrawn', 'break-start 12:00 → withdrawn', 'task changed-after-sending'],
  ],
  [
    'what was withdrawn comes back with its punch',
    { punches: [IN, OUT], ledger: [SENT_IN, row('out', '18:00', 'withdrawn')] },
    ['out 18:00 → waiting'],
  ],
  [
    'while the day before may still be carried over, there is no 出勤',
    { settlement: 'open', inUndecidedUntil: NOW + 1, punches: [IN], ledger: [] },
    [],
  ],
  [
    'and one that waited is taken back',
    { settlement: 'open', inUndecidedUntil: NOW + 1, punches: [IN], ledger: [row('in', '09:00', 'waiting')] },
    ['in 09:00 → withdrawn'],
  ],
  [
    'an entered time stands against the day',
    {
      punches: [IN, OUT],
      ledger: [row('in', '08:45', 'waiting', 'entered'), row('out', '17:30', 'sent', 'entered')],
    },
    [],
  ],
  [
    'a crash day without 退勤 is offered for correction',
    { punches: [IN], ledger: [SENT_IN], flags: ['abnormal-end', 'no-clock-out'] },
    ['task abnormal-end'],
  ],
  [
    'two breaks that read alike abroad are not both sent',
    {
      forwarding: { ...usual, foreignTime: 'wall', timeZone: 'America/Los_Angeles' },
      punches: [
        { kind: 'break-start', at: Date.parse('2026-11-01T01:30:00-07:00'), hold: null },
        { kind: 'break-start', at: Date.parse('2026-11-01T01:30:00-08:00'), hold: null },
      ],
    },
    ['break-start waiting', 'break-start held (same-wall-time)'],
  ],
])('%s', (_name, given, expected) => {
  expect(told(planDay(day(given)))).toEqual(expected);
});

describe('planning again', () => {
  const kinds = ['in', 'out', 'break-start', 'break-end'] as const;
  const states = ['waiting', 'sending', 'sent', 'unverified', 'held', 'failed', 'withdrawn'] as const;
  const holds = [
    null,
    'in-by-end',
    'unsettled',
    'closed-period',
    'entered',
    'changed-after-sending',
  ] as const;
  const times = ['08:00', '09:00', '12:00', '13:00', '18:00'];
  const unique = {
    selector: ({ kind, at: when }: { kind: string; at: number }) =>
      kind === 'in' ? kind : `${kind} ${when}`,
  };
  const oneOut = (punches: DerivedPunch[]) =>
    punches.filter(
      ({ kind }, index) => kind !== 'out' || punches.findIndex((other) => other.kind === 'out') === index,
    );
  const days = fc.record({
    punches: fc
      .uniqueArray(
        fc
          .tuple(
            fc.constantFrom(...kinds),
            fc.constantFrom(...times),
            fc.constantFrom(null, 'in-by-end' as const),
          )
          .map(([kind, time, hold]) => punch(kind, time, hold)),
        unique,
      )
      .map(oneOut),
    ledger: fc.uniqueArray(
      fc
        .tuple(
          fc.constantFrom(...kinds),
          fc.constantFrom(...times),
          fc.constantFrom(...states),
          fc.constantFrom(...holds),
        )
        .map(([kind, time, state, hold]) =>
          row(kind, time, state, state === 'held' ? (hold ?? 'unsettled') : hold),
        ),
      unique,
    ),
    settlement: fc.constantFrom('open' as const, 'settled' as const, 'overdue' as const),
    forwarding: fc.constantFrom(usual, atOnce),
  });

  test('after a plan was applied changes nothing, and no plan touches what is out', () => {
    fc.assert(
      fc.property(days, (given) => {
        const first = planDay(day(given));
        expect(first.changes.filter(({ from }) => ['sending', 'sent', 'unverified'].includes(from))).toEqual(
          [],
        );
        const changed = new Map(first.changes.map((change) => [change.id, change.to]));
        const ledger = [
          ...given.ledger.map((old) => ({ ...old, ...changed.get(old.id) })),
          ...first.inserts.map((made, index) => ({
            ...row(made.kind, '00:00', made.state, made.hold),
            ...made,
            id: `new ${index}`,
          })),
        ];
        const second = planDay(day({ ...given, ledger }));
        expect({ inserts: second.inserts, changes: second.changes }).toEqual({ inserts: [], changes: [] });
        expect(second.tasks).toEqual(first.tasks);
      }),
      { numRuns: 500 },
    );
  });
});
