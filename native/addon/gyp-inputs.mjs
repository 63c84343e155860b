// What binding.gyp cannot list itself: `gyp-inputs.mjs ROOT core|addon|version` prints source files as seen from where node-gyp
// runs, or the version of package.json.
import { readdirSync, readFileSync } from 'node:fs';

const [root = '.', what] = process.argv.slice(2);
const folders = {
  core: [
    'core',
    'core/base',
    'platform',
    process.platform === 'win32' ? 'platform/windows' : 'platform/posix',
  ],
  addon: process.platform === 'win32' ? ['addon', 'addon/windows'] : ['addon'],
};

if (what === 'version') {
  console.log(JSON.parse(readFileSync(`${root}/package.json`, 'utf8')).version);
} else {
  for (const folder of folders[what]) {
    const files = readdirSync(`${root}/native/${folder}`).filter((file) => file.endsWith('.cpp'));
    for (const file of files.sort()) console.log(`${root}/native/${folder}/${file}`);
  }
}
