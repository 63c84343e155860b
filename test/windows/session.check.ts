/**
 * What Windows tells of the session: who sits there, and the hidden window. The messages are sent by a second process, as Windows
 * would send them; that Windows does send them, Wine cannot show.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { until } from '../../app/time.test-support.ts';
import { CoreError, loadLogonCore, type SessionNotice, type SessionWatch } from '../../native/addon/index.ts';
import { about, check, loadCoreUnderTest, runForReport, windowsOf } from './support.ts';

const windows = windowsOf(loadLogonCore());
const windowsUnderTest = windowsOf(loadCoreUnderTest());
const programs = path.join(import.meta.dirname, 'programs');
const END_WAIT_MS = 4_000;

const WM = {
  close: 0x10,
  queryEndSession: 0x11,
  quit: 0x12,
  endSession: 0x16,
  powerBroadcast: 0x218,
  wtsSessionChange: 0x2b1,
} as const;
const LOGOFF = 0x8000_0000;
const CRITICAL = 0x4000_0000;

type Message = readonly [message: number | 'taskbar-created', wparam: number, lparam: number];

/** Has a second process send messages to every session window of a process; gives an answer for each. */
const fromOutside = (
  way: 'send' | 'post',
  messages: readonly Message[],
  { times = 1, pid = process.pid } = {},
): Promise<string[]> => runForReport('session_poster.exe', [pid, way, times, ...messages.flat()].map(String));
const titles = (pid = process.pid): Promise<string[]> =>
  runForReport('session_poster.exe', [String(pid), 'title']);

async function watching(
  body: (notices: SessionNotice[], watch: SessionWatch) => Promise<void>,
  on = windows,
) {
  const notices: SessionNotice[] = [];
  const watch = await on.watchSession((notice) => notices.push(notice), END_WAIT_MS);
  try {
    await body(notices, watch);
  } finally {
    await watch.close();
  }
}

const { sessionId } = await windows.session();

about('the session on Windows', () => {
  check('is that of the user whose process this is', async () => {
    const { account, ...session } = await windows.session();
    assert.match(account.sid, /^S-1-5-21(-\d+){4}$/);
    assert.equal(account.name.toLowerCase(), os.userInfo().username.toLowerCase());
    assert.notEqual(account.domain, '');
    assert.equal(typeof session.elevated, 'boolean');
    assert.ok(['console', 'remote', 'disconnected'].includes(session.connection), session.connection);
    assert.ok(session.logonAtMs === null || session.logonAtMs < Date.now());
    assert.ok(session.locked === null || typeof session.locked === 'boolean');
  });
});

about('the session window on Windows', () => {
  check('tells each change of its session by its word, in order, and passes over the rest', async () => {
    await watching(async (notices) => {
      const changes = Array.from({ length: 13 }, (_, n) => [WM.wtsSessionChange, n, sessionId] as const);
      await fromOutside('post', [...changes, [WM.wtsSessionChange, 7, sessionId + 1]]);
      const power = [0x4, 0x12, 0x7, 0xa, 0].map((n) => [WM.powerBroadcast, n, 0] as const);
      await fromOutside('send', [...power, ['taskbar-created', 0, 0]]);
      await until(() => notices.at(-1)?.type === 'taskbar-created');
      assert.deepEqual(
        notices.map(({ type }) => type),
        [
          'console-connect',
          'console-disconnect',
          'remote-connect',
          'remote-disconnect',
          'logon',
          'logoff',
          'lock',
          'unlock',
          'remote-control',
          'suspend',
          'resume',
          'resume-by-user',
          'taskbar-created',
        ],
      );
    });
  });

  check('is there while it is watched, and gone after', async () => {
    assert.deepEqual(await titles(), []);
    await watching(async () => assert.deepEqual(await titles(), ['SystemLog']));
    assert.deepEqual(await titles(), []);
  });

  check('opens and closes two hundred times and leaves nothing behind', async () => {
    for (let n = 0; n < 200; n++) await watching(async () => undefined);
    assert.deepEqual(await titles(), []);
  });

  check('is one of many that each tell all', async () => {
    const heard = Array.from({ length: 10 }, (): SessionNotice[] => []);
    const watches = await Promise.all(
      heard.map((notices) => windows.watchSession((notice) => notices.push(notice), END_WAIT_MS)),
    );
    assert.deepEqual(
      await fromOutside('post', [[WM.wtsSessionChange, 7, sessionId]]),
      Array(10).fill('posted'),
    );
    await until(() => heard.every((notices) => notices.length === 1));
    await Promise.all(watches.map((watch) => watch.close()));
  });

  check('is not closed, quit or stopped from outside, and a flood of messages ends with it', async () => {
    await watching(async (notices) => {
      await fromOutside('send', [[WM.close, 0, 0]]);
      await fromOutside('post', [[WM.quit, 0, 0]]);
      await fromOutside('post', [[WM.wtsSessionChange, 8, sessionId]], { times: 20_000 });
      await fromOutside('send', [[WM.wtsSessionChange, 7, sessionId]]);
      await until(() => notices.length > 0);
      assert.deepEqual(await titles(), ['SystemLog']);
    });
    assert.deepEqual(await titles(), []);
  });

  check('says nothing after it was closed, and refuses what is asked then', async () => {
    const notices: SessionNotice[] = [];
    const watch = await windows.watchSession((notice) => notices.push(notice), END_WAIT_MS);
    await Promise.all([watch.close(), watch.close()]);
    assert.deepEqual(await fromOutside('post', [[WM.wtsSessionChange, 7, sessionId]]), []);
    for (const asked of [watch.blockShutdown('x'), watch.unblockShutdown(), watch.readyToEnd()]) {
      await assert.rejects(asked, (error) => error instanceof CoreError && error.code === 'closed');
    }
    assert.deepEqual(notices, []);
  });

  check('refuses what is no listener, or no wait', async () => {
    await assert.rejects(windows.watchSession('x' as unknown as () => void, 1), TypeError);
    await assert.rejects(
      windows.watchSession(() => undefined, 5_001),
      TypeError,
    );
    assert.deepEqual(await titles(), []);
  });

  check('goes with its worker thread, however that ends, and leaves the others theirs', async () => {
    await watching(async (notices) => {
      for (let round = 0; round < 3; round++) {
        const workers = ['stays', 'stays', 'exits', 'throws'].map(
          (ending) => new Worker(path.join(programs, 'session-worker.ts'), { workerData: { ending } }),
        );
        const ends = workers.map(
          (worker) =>
            new Promise((resolve) => {
              worker.on('error', () => undefined).once('exit', resolve);
            }),
        );
        await Promise.all(workers.slice(0, 2).map((worker) => once(worker, 'message')));
        await Promise.all(workers.slice(0, 2).map((worker) => worker.terminate()));
        await Promise.all(ends);
      }
      assert.deepEqual(await titles(), ['SystemLog']);
      await fromOutside('post', [[WM.wtsSessionChange, 7, sessionId]]);
      await until(() => notices.length === 1);
    });
  });

  for (const [ending, exitCode] of [
    ['leaves', 0],
    ['exits', 7],
    ['throws', 1],
    ['listener-throws', 1],
  ] as const) {
    check(`does not keep a process that ${ending} while it is open`, async () => {
      const child = spawn(process.execPath, [path.join(programs, 'session-endings.ts'), ending], {
        stdio: 'ignore',
      });
      const ended = once(child, 'exit');
      if (ending === 'listener-throws') {
        const sent = async () =>
          (await fromOutside('post', [[WM.wtsSessionChange, 7, sessionId]], { pid: child.pid ?? 0 })).length;
        while ((await sent()) === 0) await pause(50);
      }
      assert.deepEqual(await ended, [exitCode, null]);
    });
  }
});

about('the end of the session on Windows', () => {
  check('is agreed to, told, and told again when it is called off', async () => {
    await watching(async (notices) => {
      const answers = await fromOutside('send', [
        [WM.queryEndSession, 0, LOGOFF],
        [WM.endSession, 0, LOGOFF],
        [WM.queryEndSession, 0, 1],
      ]);
      assert.deepEqual(answers, ['1', '0', '1']);
      assert.deepEqual(notices, [
        { type: 'session-ending', cause: 'logoff', critical: false },
        { type: 'session-end-cancelled', cause: 'logoff', critical: false },
        { type: 'session-ending', cause: 'close-app', critical: false },
      ]);
    });
  });

  check('waits for what is still to be done, and not longer', async () => {
    await watching(async (notices, watch) => {
      const order: string[] = [];
      const ended = fromOutside('send', [[WM.endSession, 1, 0]]).then((answers) => {
        order.push('ended');
        return answers;
      });
      await until(() => notices.length === 1);
      await pause(200);
      order.push('flushed');
      await watch.readyToEnd();
      assert.deepEqual(await ended, ['0']);
      assert.deepEqual(order, ['flushed', 'ended']);
      assert.deepEqual(notices, [{ type: 'session-end', cause: 'shutdown', critical: false }]);
    });
  });

  check('waits no longer than was said, nor for a watch that is closed', async () => {
    const short = await windows.watchSession(() => undefined, 200);
    assert.deepEqual(await fromOutside('send', [[WM.endSession, 1, 0]]), ['0']);
    await short.close();

    const notices: SessionNotice[] = [];
    const watch = await windows.watchSession((notice) => notices.push(notice), END_WAIT_MS);
    const ended = fromOutside('send', [[WM.endSession, 1, 0]]);
    await until(() => notices.length === 1);
    const startedMs = performance.now();
    await watch.close();
    await ended;
    assert.ok(performance.now() - startedMs < END_WAIT_MS);
  });

  check('is refused while it is blocked, with the reason shown, but for a critical one', async () => {
    await watching(async (notices, watch) => {
      await watch.blockShutdown('退勤を送信しています');
      assert.deepEqual(await titles(), ['退勤を送信しています']);
      const answers = await fromOutside('send', [
        [WM.queryEndSession, 0, 0],
        [WM.queryEndSession, 0, CRITICAL],
      ]);
      assert.deepEqual(answers, ['0', '1']);
      await watch.blockShutdown('あと3件です');
      assert.deepEqual(await titles(), ['あと3件です']);
      await watch.unblockShutdown();
      await watch.unblockShutdown();
      assert.deepEqual(await titles(), ['']);
      assert.deepEqual(await fromOutside('send', [[WM.queryEndSession, 0, 0]]), ['1']);
      assert.deepEqual(
        notices.map((notice) => 'critical' in notice && notice.critical),
        [false, true, false],
      );
    }, windowsUnderTest);
  });
});
