import { open, rename } from 'node:fs/promises';
import { type DurableFiles, durableFiles } from '../../../sandbox/virtual-pc/bridge/durable-file.ts';

/**
 * The virtual PC's durable files as Windows can have them: a directory cannot be flushed (NTFS journals its names), and a file that
 * somebody holds open cannot be replaced, so nothing is held open between two appends.
 */
export const windowsFiles: DurableFiles = {
  read: durableFiles.read,
  makeDirectory: durableFiles.makeDirectory,
  list: durableFiles.list,
  rename,
  async replace(file, content) {
    const next = `${file}.next`;
    await onFile(next, 'w', async (handle) => {
      await handle.writeFile(content);
      await handle.sync();
    });
    await rename(next, file);
  },
  openForAppend: async (file) => ({
    append: (bytes, position) =>
      onFile(file, 'r+', async (handle) => {
        for (let written = 0; written < bytes.length; ) {
          const step = await handle.write(bytes, written, bytes.length - written, position + written);
          written += step.bytesWritten;
        }
        await handle.datasync();
      }),
    truncate: (length) => onFile(file, 'r+', (handle) => handle.truncate(length)),
    close: async () => undefined,
  }),
};

async function onFile(
  file: string,
  flags: string,
  work: (handle: Awaited<ReturnType<typeof open>>) => Promise<void>,
): Promise<void> {
  const handle = await open(file, flags);
  try {
    await work(handle);
  } finally {
    await handle.close();
  }
}
