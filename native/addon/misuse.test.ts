import { expect, test } from 'vitest';
import { describeWithCore, scratchFolders } from './core.test-support.ts';
import type { ClockReading, LogonDesk, OtpParameters } from './types.ts';

const secret = Buffer.alloc(32, 1);
const sha1: OtpParameters = { algorithm: 'sha1', digits: 6, periodSeconds: 30 };
const journal = '6f1c9f4e-7a53-4d0c-9c1e-0d3b1f7a2b11';
const clock: ClockReading = { wallMs: 0, bootId: journal, uptimeMs: 0 };
const attempt = { processId: 1, processStarted: 1, sessionId: 1, sid: 'S-1-5-21-1-2-3-1001' };
const signIn = { scenario: 'logon', attempt, administrator: false, rehearsal: false } as const;
const machine = {
  featureInstalled: true,
  recoveryFlag: false,
  crashBreaker: false,
  protocolCompatible: true,
  tpmAndBitlocker: false,
};

/** Things that are no string, no number, no bytes and no object with the right fields. */
const WRONG = [undefined, null, true, 1n, Symbol('it'), () => 0, [], {}, Number.NaN];

/** A function as a caller without types sees it. */
type Untyped = (...args: unknown[]) => Promise<unknown>;

describeWithCore('misuse of the core', (core) => {
  const newFolder = scratchFolders();

  /** Calls with each argument in turn replaced by things of a wrong type. */
  async function refusesWrongTypes(call: Untyped, rightArguments: readonly unknown[]): Promise<void> {
    for (const position of rightArguments.keys()) {
      for (const wrong of WRONG) {
        const args = rightArguments.with(position, wrong);
        await expect(call(...args), `argument ${position}`).rejects.toBeInstanceOf(TypeError);
      }
    }
    await expect(call()).rejects.toBeInstanceOf(TypeError);
  }

  test('every function refuses arguments of a wrong type, and never throws at once', async () => {
    const { hotp, totp, findStep, otpauthUri, recoveryHash, emergencyResponse, checkSeal } = core;
    await refusesWrongTypes(hotp as Untyped, [secret, sha1, 0]);
    await refusesWrongTypes(totp as Untyped, [secret, sha1, 0]);
    await refusesWrongTypes(findStep as Untyped, [secret, sha1, '000000', 0, 1]);
    await refusesWrongTypes(otpauthUri as Untyped, [{}]);
    await refusesWrongTypes(recoveryHash as Untyped, [secret, 'typed']);
    await refusesWrongTypes(emergencyResponse as Untyped, [secret, 'S-1-1', 'K48G6V08']);
    await refusesWrongTypes(checkSeal as Untyped, [
      secret,
      journal,
      { record: '{}', previousMac: '', mac: '' },
    ]);
    const { openJournal, openJournalWriter, createJournal, openLogonDesk } = core;
    await refusesWrongTypes(openJournal as Untyped, ['folder', 'device', secret]);
    await refusesWrongTypes(openJournalWriter as Untyped, ['folder', 'device', secret]);
    await refusesWrongTypes(createJournal as Untyped, ['folder', 'device', secret, journal]);
    await refusesWrongTypes(openLogonDesk as Untyped, ['folder', 'device', secret, clock]);
  });

  test('so does every method of a desk', async () => {
    const desk = await core.openLogonDesk(newFolder('desk'), 'device', secret, clock);
    const calls: Partial<Record<keyof LogonDesk, unknown[]>> = {
      takePolicy: ['{}', clock],
      takeSecret: ['sid', '{}', clock],
      question: [signIn, machine, clock],
      answer: [signIn, machine, { hasPassword: true }, clock],
      passwordRejected: [attempt, clock],
      emergencyChallenge: ['sid', clock],
      standing: ['sid', clock],
      report: [clock],
    };
    for (const [method, args] of Object.entries(calls)) {
      await refusesWrongTypes(desk[method as keyof LogonDesk] as Untyped, args);
    }
    await expect((desk.passwordAccepted as Untyped)(attempt, machine, 1, clock)).rejects.toBeInstanceOf(
      TypeError,
    );
    await desk.close();
  });

  test.each([
    ['-1', -1],
    ['a fraction', 0.5],
    ['infinity', Number.POSITIVE_INFINITY],
    ['more than is exact', 2 ** 53],
    ['a string', '1'],
  ])('%s is no counter', async (_, counter) => {
    await expect((core.hotp as Untyped)(secret, sha1, counter)).rejects.toThrow(
      'counter must be a whole number',
    );
  });

  test.each([
    ['no UUID', { ...clock, bootId: 'boot' }, 'clock.bootId must be a UUID'],
    ['a UUID without hyphens', { ...clock, bootId: journal.replaceAll('-', '0') }, 'clock.bootId'],
    ['a negative uptime', { ...clock, uptimeMs: -1 }, 'clock.uptimeMs'],
    ['half a millisecond', { ...clock, wallMs: 0.5 }, 'clock.wallMs'],
  ])('a clock with %s is refused', async (_, reading, message) => {
    const opening = core.openLogonDesk(newFolder('never'), 'device', secret, reading);
    await expect(opening).rejects.toThrow(message);
  });

  test('a path that the system would cut short is none', async () => {
    await expect(core.openJournal('/tmp/a\0b', 'device', secret)).rejects.toThrow('folder must be a path');
    await expect(core.openJournal('', 'device', secret)).rejects.toThrow('folder must be a path');
  });

  test('other views of bytes are not taken for bytes; every kind of Uint8Array is', async () => {
    const code = await core.hotp(secret, sha1, 0);
    const shared = new Uint8Array(new SharedArrayBuffer(32)).fill(1);
    const resizable = new Uint8Array(new ArrayBuffer(32, { maxByteLength: 64 })).fill(1);
    const within = new Uint8Array(40).fill(1).subarray(4, 36);
    for (const bytes of [shared, resizable, within]) expect(await core.hotp(bytes, sha1, 0)).toBe(code);
    const call = core.hotp as Untyped;
    const { buffer } = new Uint8Array(32);
    for (const other of [buffer, new DataView(buffer), new Uint16Array(16), new Uint8ClampedArray(32)]) {
      await expect(call(other, sha1, 0)).rejects.toThrow('secret must be a Uint8Array');
    }
    const gone = new Uint8Array(32);
    structuredClone(gone.buffer, { transfer: [gone.buffer] });
    await expect(core.hotp(gone, sha1, 0)).rejects.toMatchObject({ code: 'invalid-argument' });
  });

  test('bytes are copied: what a caller does to its own afterwards changes nothing', async () => {
    const own = Buffer.from(secret);
    const code = core.hotp(own, sha1, 0);
    own.fill(0);
    expect(await code).toBe(await core.hotp(secret, sha1, 0));
  });

  test('what a getter throws comes back as it is', async () => {
    const thrown = { says: 'no' };
    const hostile = {
      get algorithm() {
        throw thrown;
      },
    };
    await expect((core.hotp as Untyped)(secret, hostile, 0)).rejects.toBe(thrown);
  });

  test('a getter may close what is being called', async () => {
    const desk = await core.openLogonDesk(newFolder('closing'), 'device', secret, clock);
    const closing = {
      ...clock,
      get wallMs() {
        void desk.close();
        return 0;
      },
    };
    await expect(desk.report(closing)).rejects.toMatchObject({ code: 'closed' });
  });

  test('methods need no `this`, and cannot be led astray by one', async () => {
    const desk = await core.openLogonDesk(newFolder('this'), 'device', secret, clock);
    const { report, close } = desk;
    expect(await report(clock)).toBe(await desk.report(clock));
    const elsewhere = { this: 'is no desk' };
    expect(await Reflect.apply(report, elsewhere, [clock])).toBe(await desk.report(clock));
    await close();
    await expect(desk.report(clock)).rejects.toMatchObject({ code: 'closed' });
  });

  test('what was begun before close is finished, what comes after is refused', async () => {
    const folder = newFolder('close');
    const writer = await core.createJournal(folder, 'device', secret, journal);
    const pending = [1, 2, 3].map((sequence) => writer.append(`{"sequence":${sequence}}`));
    const closed = writer.close();
    const late = writer.append('{"sequence":4}');
    await expect(late).rejects.toMatchObject({ name: 'CoreError', code: 'closed' });
    expect(await Promise.all(pending)).toHaveLength(3);
    await closed;
    await writer.close();

    const reader = await core.openJournal(folder, 'device', secret);
    expect(reader.headSequence).toBe(3);
    const verified = reader.verify();
    await Promise.all([reader.close(), reader.close()]);
    expect(await verified).toBe(3);
    await expect(reader.read(0, 1)).rejects.toMatchObject({ code: 'closed' });
  });

  test('what a journal says of itself cannot be rewritten', async () => {
    const writer = await core.createJournal(newFolder('frozen'), 'device', secret, journal);
    expect(() => Object.assign(writer, { headSequence: 7 })).toThrow(TypeError);
    await writer.close();
  });
});
