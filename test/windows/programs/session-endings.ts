/** Ends with a watch of the session open: `session-endings.ts leaves|exits|throws|listener-throws`. */
import { loadLogonCore } from '../../../native/addon/index.ts';
import { windowsOf } from '../support.ts';

const ending = process.argv[2];
const listener = (): void => {
  throw new Error('on purpose');
};
await windowsOf(loadLogonCore()).watchSession(listener, 1_000);
if (ending === 'exits') process.exit(7);
if (ending === 'throws') throw new Error('on purpose');
// The watch alone would not keep it until the message comes.
if (ending === 'listener-throws') setTimeout(() => process.exit(9), 30_000);
