/** `npm run build:addon`: compiles the C++ core for Node, if its sources have changed, and says where it lies. */
import path from 'node:path';
import { compiledAddon } from '../native/addon/index.ts';
import { ensureAddon } from './addon.ts';
import { root } from './processes.ts';

const core = await ensureAddon();
console.log(core.available ? path.relative(root, compiledAddon) : core.why);
process.exitCode = core.available ? 0 : 1;
