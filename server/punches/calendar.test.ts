import { DateTime } from 'luxon';
import { describe, expect, test } from 'vitest';
import { borderInstant, settingsHistory } from './calendar.ts';
import { instantOf, TOKYO } from './example.ts';
import { type GroupSettings, SettingsError } from './settings.ts';

describe('a border', () => {
  test.each([
    ['Asia/Tokyo', '2026-06-01', '05:00', '2026-05-31T20:00:00Z'],
    ['Asia/Tokyo', '2026-06-01', '00:00', '2026-05-31T15:00:00Z'],
    ['Asia/Kathmandu', '2026-06-01', '05:00', '2026-05-31T23:15:00Z'],
    ['Pacific/Kiritimati', '2026-06-01', '00:00', '2026-05-31T10:00:00Z'],
    ['Pacific/Pago_Pago', '2026-06-01', '23:59', '2026-06-02T10:59:00Z'],
    // America/Los_Angeles: 2026-03-08 02:00 → 03:00; 2026-11-01 02:00 → 01:00
    ['America/Los_Angeles', '2026-03-08', '01:59', '2026-03-08T09:59:00Z'],
    ['America/Los_Angeles', '2026-03-08', '03:00', '2026-03-08T10:00:00Z'],
    ['America/Los_Angeles', '2026-11-01', '00:30', '2026-11-01T07:30:00Z'],
    ['America/Los_Angeles', '2026-11-01', '02:00', '2026-11-01T10:00:00Z'],
    // Africa/Casablanca: back to UTC for Ramadan, 2026-02-15 03:00 → 02:00 and 2026-03-22 02:00 → 03:00
    ['Africa/Casablanca', '2026-02-14', '05:00', '2026-02-14T04:00:00Z'],
    ['Africa/Casablanca', '2026-02-16', '05:00', '2026-02-16T05:00:00Z'],
    ['Africa/Casablanca', '2026-03-23', '05:00', '2026-03-23T04:00:00Z'],
  ])('in %s on %s at %s is at %s', (zone, date, border, instant) => {
    expect(borderInstant(zone, date, border)).toBe(instantOf(instant));
  });

  test.each([
    ['America/Los_Angeles', '2026-03-08', '02:00', '2026-03-08T10:00:00Z'],
    ['America/Los_Angeles', '2026-03-08', '02:30', '2026-03-08T10:00:00Z'],
    ['America/Los_Angeles', '2026-03-08', '02:59', '2026-03-08T10:00:00Z'],
    ['Africa/Casablanca', '2026-03-22', '02:30', '2026-03-22T02:00:00Z'],
    // Clocks went forward at midnight: the date began at 01:00.
    ['America/Sao_Paulo', '2018-11-04', '00:00', '2018-11-04T03:00:00Z'],
    ['Australia/Lord_Howe', '2026-10-04', '02:15', '2026-10-03T15:30:00Z'],
  ])('in a gap is the first instant after it (%s %s %s)', (zone, date, border, instant) => {
    expect(borderInstant(zone, date, border)).toBe(instantOf(instant));
  });

  test.each([
    ['America/Los_Angeles', '2026-11-01', '01:00', '2026-11-01T08:00:00Z'],
    ['America/Los_Angeles', '2026-11-01', '01:30', '2026-11-01T08:30:00Z'],
    ['Africa/Casablanca', '2026-02-15', '02:30', '2026-02-15T01:30:00Z'],
    ['America/Havana', '2026-11-01', '00:30', '2026-11-01T04:30:00Z'],
  ])('that occurs twice is the first (%s %s %s)', (zone, date, border, instant) => {
    expect(borderInstant(zone, date, border)).toBe(instantOf(instant));
  });

  test('is missing on a date the zone skipped whole', () => {
    expect(borderInstant('Pacific/Apia', '2011-12-30', '05:00')).toBeNull();
    expect(borderInstant('Pacific/Apia', '2011-12-31', '05:00')).toBe(instantOf('2011-12-30T15:00:00Z'));
  });
});

describe('a workday', () => {
  const of = (settings: Partial<GroupSettings>, instant: string) =>
    settingsHistory([{ from: null, settings: { ...TOKYO, ...settings } }]).workdayAt(instantOf(instant));

  test('begins with its border and ends before the next', () => {
    expect(of({}, '2026-06-01T05:00:00').date).toBe('2026-06-01');
    expect(of({}, '2026-06-02T04:59:59.999').date).toBe('2026-06-01');
    expect(of({}, '2026-06-02T05:00:00').date).toBe('2026-06-02');
  });

  test.each([
    ['2026-03-07T12:00:00-08:00', '05:00', 23],
    ['2026-03-08T12:00:00-07:00', '02:30', 23.5],
    ['2026-03-07T12:00:00-08:00', '02:30', 23.5],
    ['2026-10-31T12:00:00-07:00', '05:00', 25],
    ['2026-11-01T12:00:00-08:00', '01:30', 25],
    ['2026-06-01T12:00:00-07:00', '05:00', 24],
  ])('around %s with border %s in Los Angeles lasts %d hours', (instant, dayBorder, hours) => {
    const { start, end } = of({ timeZone: 'America/Los_Angeles', dayBorder }, instant);
    expect((end - start) / 3_600_000).toBe(hours);
  });

  test('in Apia runs on over the skipped date', () => {
    const apia = { timeZone: 'Pacific/Apia' };
    expect(of(apia, '2011-12-30T09:59:00Z').date).toBe('2011-12-29');
    expect(of(apia, '2011-12-30T14:59:59Z').date).toBe('2011-12-29');
    expect(of(apia, '2011-12-30T15:00:00Z').date).toBe('2011-12-31');
    expect(of({ ...apia, dayBorder: '00:00' }, '2011-12-30T10:00:00Z').date).toBe('2011-12-31');
  });

  test('touches its neighbours, whatever zone and border', () => {
    const zones = [
      'America/Los_Angeles',
      'Africa/Casablanca',
      'Pacific/Apia',
      'Europe/London',
      'America/Havana',
    ];
    for (const timeZone of zones) {
      for (const dayBorder of ['00:00', '00:30', '01:30', '02:30', '23:45']) {
        const history = settingsHistory([{ from: null, settings: { ...TOKYO, timeZone, dayBorder } }]);
        let day = history.workdayAt(instantOf('2011-10-01T12:00:00Z'));
        for (let i = 0; i < 400; i++) {
          const next = history.workdayAt(day.end);
          expect(next.start).toBe(day.end);
          expect(history.workdayAt(day.end - 1)).toEqual(day);
          expect(next.date > day.date).toBe(true);
          day = next;
        }
      }
    }
  });
});

describe('a settings history', () => {
  const later = { ...TOKYO, dayBorder: '00:00', carryOver: true };
  const history = settingsHistory([
    { from: '2026-06-02', settings: later },
    { from: null, settings: TOKYO },
  ]);

  test('answers with what was in force on the workday', () => {
    expect(history.settingsOn('2026-06-01')).toBe(TOKYO);
    expect(history.settingsOn('2026-06-02')).toBe(later);
    expect(history.settingsOn('2030-01-01')).toBe(later);
  });

  test('lets the running workday end by the border it began with', () => {
    expect(history.workdayAt(instantOf('06-02 04:59')).date).toBe('2026-06-01');
    expect(history.workdayAt(instantOf('06-02 05:00'))).toMatchObject({
      date: '2026-06-02',
      settings: later,
    });
    expect(history.workdayAt(instantOf('06-03 00:00')).date).toBe('2026-06-03');
  });

  test('gives the time a later border leaves over to the first workday with it', () => {
    const reversed = settingsHistory([
      { from: null, settings: later },
      { from: '2026-06-02', settings: TOKYO },
    ]);
    expect(reversed.workdayAt(instantOf('06-01 23:59')).date).toBe('2026-06-01');
    expect(reversed.workdayAt(instantOf('06-02 00:00')).date).toBe('2026-06-02');
    expect(reversed.workdayAt(instantOf('06-03 04:59')).date).toBe('2026-06-02');
  });

  test.each([
    ['Asia/Tokyo', 'America/Los_Angeles'],
    ['America/Los_Angeles', 'Asia/Tokyo'],
    ['Pacific/Pago_Pago', 'Pacific/Kiritimati'],
    ['Pacific/Kiritimati', 'Pacific/Pago_Pago'],
  ])('moves from %s to %s without hole or overlap', (before, after) => {
    const moved = settingsHistory([
      { from: null, settings: { ...TOKYO, timeZone: before } },
      { from: '2026-06-03', settings: { ...TOKYO, timeZone: after } },
    ]);
    let instant = instantOf('2026-05-30T00:00:00Z');
    let day = moved.workdayAt(instant);
    for (; instant < instantOf('2026-06-08T00:00:00Z'); instant += 1_800_000) {
      const next = moved.workdayAt(instant);
      expect(next.start <= instant && instant < next.end).toBe(true);
      if (next.date !== day.date) expect([next.start, next.date > day.date]).toEqual([day.end, true]);
      day = next;
    }
  });

  test('knows the first change for the time before it', () => {
    const only = settingsHistory([{ from: '2026-06-02', settings: TOKYO }]);
    expect(only.settingsOn('2000-01-01')).toBe(TOKYO);
  });

  test.each<[SettingsError['code'], Partial<GroupSettings>]>([
    ['time-zone', { timeZone: 'Tokyo' }],
    ['day-border', { dayBorder: '24:00' }],
    ['day-border', { dayBorder: '5:00' }],
    ['break-minimum', { breaks: { enabled: true, minimumMinutes: -1 } }],
    ['break-minimum', { breaks: { enabled: true, lockMinimumMinutes: Number.NaN } }],
  ])('refuses a wrong %s', (code, wrong) => {
    const build = () => settingsHistory([{ from: null, settings: { ...TOKYO, ...wrong } }]);
    expect(build).toThrow(SettingsError);
    expect(build).toThrow(expect.objectContaining({ code }));
  });

  test('refuses to be empty or to begin on no date', () => {
    expect(() => settingsHistory([])).toThrow(expect.objectContaining({ code: 'no-settings' }));
    const from = DateTime.fromMillis(0, { zone: 'utc' }).toISO();
    expect(() => settingsHistory([{ from, settings: TOKYO }])).toThrow(
      expect.objectContaining({ code: 'from-date' }),
    );
  });
});
