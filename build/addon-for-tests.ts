/** Before the unit tests: the C++ core as its sources are now. What cannot be had is skipped by those who need it. */
import { ensureAddon } from './addon.ts';

export default async function setup(): Promise<void> {
  const core = await ensureAddon();
  if (!core.available) console.error(core.why);
}
