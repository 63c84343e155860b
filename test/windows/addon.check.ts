/** The C++ core as Windows Node loads it: bcrypt and DPAPI beneath, Windows files, Node-API of node.exe. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { CoreError, compiledAddon, loadLogonCore, type OtpParameters } from '../../native/addon/index.ts';
import { about, check, scratchFolder } from './support.ts';

const core = loadLogonCore();
const folder = scratchFolder();
const ascii = (text: string): Buffer => Buffer.from(text, 'ascii');
const base64url = (text: string): Buffer => Buffer.from(text, 'base64url');
const vectors = (name: string): unknown =>
  JSON.parse(
    readFileSync(path.join(import.meta.dirname, '../../native/test/vectors', `${name}.json`), 'utf8'),
  );

const SIX: OtpParameters = { algorithm: 'sha1', digits: 6, periodSeconds: 30 };

about('codes of the core on Windows', () => {
  check('are those of RFC 4226, appendix D', async () => {
    const codes = await Promise.all(
      Array.from({ length: 10 }, (_, counter) => core.hotp(ascii('12345678901234567890'), SIX, counter)),
    );
    assert.deepEqual(codes, [
      '755224',
      '287082',
      '359152',
      '969429',
      '338314',
      '254676',
      '287922',
      '162583',
      '399871',
      '520489',
    ]);
  });

  const seeds = { sha1: 20, sha256: 32, sha512: 64 } as const;
  const rfc6238: [seconds: number, sha1: string, sha256: string, sha512: string][] = [
    [59, '94287082', '46119246', '90693936'],
    [1111111109, '07081804', '68084774', '25091201'],
    [1111111111, '14050471', '67062674', '99943326'],
    [1234567890, '89005924', '91819424', '93441116'],
    [2000000000, '69279037', '90698825', '38618901'],
    [20000000000, '65353130', '77737706', '47863826'],
  ];
  for (const [place, algorithm] of (['sha1', 'sha256', 'sha512'] as const).entries()) {
    check(`are those of RFC 6238, appendix B, for ${algorithm}`, async () => {
      const secret = ascii('1234567890'.repeat(7).slice(0, seeds[algorithm]));
      for (const [seconds, ...codes] of rfc6238) {
        const parameters = { algorithm, digits: 8, periodSeconds: 30 } as const;
        assert.equal(await core.totp(secret, parameters, seconds * 1000), codes[place]);
      }
    });
  }

  check('are found in the last of the steps that have them', async () => {
    const secret = randomBytes(20);
    const code = await core.hotp(secret, SIX, 1000);
    assert.equal(await core.findStep(secret, SIX, code, 999, 1001), 1000);
    assert.equal(await core.findStep(secret, SIX, `  ${code.slice(0, 3)} ${code.slice(3)}`, 999, 1001), 1000);
    assert.equal(await core.findStep(secret, SIX, code, 1001, 1003), null);
    await assert.rejects(core.findStep(secret, SIX, 'abcdef', 999, 1001), {
      name: 'CoreError',
      code: 'malformed',
    });
  });

  check('of recovery and of emergencies are those of the vectors both languages share', async () => {
    interface Recovery {
      codes: { salt: string; shown: string; hash: string }[];
    }
    for (const { salt, shown, hash } of (vectors('recovery') as Recovery).codes) {
      assert.equal((await core.recoveryHash(base64url(salt), shown)).toString('base64url'), hash);
      assert.equal(
        (await core.recoveryHash(base64url(salt), shown.toLowerCase())).toString('base64url'),
        hash,
      );
    }
    interface Emergency {
      responses: { deviceSecret: string; sid: string; challenge: string; response: string }[];
    }
    for (const { deviceSecret, sid, challenge, response } of (vectors('emergency') as Emergency).responses) {
      assert.equal(await core.emergencyResponse(base64url(deviceSecret), sid, challenge), response);
    }
  });

  check('seal records as the vectors say, and no others', async () => {
    interface Journal {
      deviceSecret: string;
      journal: string;
      records: { record: string; previousMac: string; mac: string }[];
    }
    const { deviceSecret, journal, records } = vectors('journal') as Journal;
    const secret = base64url(deviceSecret);
    for (const record of records) {
      assert.equal(await core.checkSeal(secret, journal, record), true);
      assert.equal(await core.checkSeal(secret, journal, { ...record, record: `${record.record} ` }), false);
      assert.equal(await core.checkSeal(secret, randomUUID(), record), false);
      assert.equal(await core.checkSeal(randomBytes(32), journal, record), false);
    }
  });

  check('refuse what is wrong with a TypeError or a code, and never throw', async () => {
    await assert.rejects(core.hotp('no bytes' as unknown as Uint8Array, SIX, 1), TypeError);
    await assert.rejects(core.hotp(randomBytes(20), { ...SIX, digits: 7 as 6 }, 1));
    await assert.rejects(core.openJournal(path.join(folder, 'ない'), 'd', randomBytes(32)), (error) => {
      return error instanceof CoreError && error.code === 'not-found';
    });
  });
});

about('the core beside other work on Windows', () => {
  check('loads in a program of another name, as Electron’s are', async () => {
    const program = path.join(folder, 'システムログ.exe');
    copyFileSync(process.execPath, program);
    const script =
      'process.exitCode = Object.keys(require(process.argv[1]).create(Error)).length > 5 ? 0 : 3';
    const child = spawn(program, ['-e', script, compiledAddon], { stdio: 'ignore' });
    assert.deepEqual(await once(child, 'exit'), [0, null]);
  });

  check('leaves the event loop free while it computes', async () => {
    const secret = randomBytes(20);
    let longestMs = 0;
    let lastMs = performance.now();
    const ticking = setInterval(() => {
      const nowMs = performance.now();
      longestMs = Math.max(longestMs, nowMs - lastMs);
      lastMs = nowMs;
    }, 5);
    const startedMs = performance.now();
    // One after the other on a thread of the pool: far longer than the loop may stand still.
    for (let n = 0; n < 12; n++) await core.findStep(secret, SIX, '000000', 0, 99_999);
    const tookMs = performance.now() - startedMs;
    clearInterval(ticking);
    assert.ok(tookMs > 100, `${tookMs} ms are too short to tell`);
    assert.ok(longestMs < tookMs / 3, `the loop stood still for ${longestMs} of ${tookMs} ms`);
  });

  check('works in two worker threads and the main one at once, and outlives them', async () => {
    const file = path.join(import.meta.dirname, 'programs', 'core-worker.ts');
    const workers = [1, 2].map((seed) => new Worker(file, { workerData: { seed } }));
    const answers = workers.map(
      (worker) =>
        new Promise<string[]>((resolve, reject) => {
          worker.once('message', resolve).once('error', reject);
        }),
    );
    const own = await codesOf(3);
    const [first, second] = await Promise.all(answers);
    await Promise.all(workers.map((worker) => worker.terminate()));
    assert.deepEqual(first, await codesOf(1));
    assert.deepEqual(second, await codesOf(2));
    assert.deepEqual(own, await codesOf(3));
  });
});

/** The codes programs/core-worker.ts computes. */
const codesOf = (seed: number): Promise<string[]> =>
  Promise.all(Array.from({ length: 200 }, (_, counter) => core.hotp(Buffer.alloc(20, seed), SIX, counter)));
