import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import type { State } from './state.ts';

/** Keeps a stand-in's state over restarts. */
export interface StateFile {
  /** Undefined when there is none yet. */
  read(): State | undefined;
  write(state: State): void;
}

/** One JSON file, replaced whole: after a crash it holds the state before or after, never half of one. */
export function stateFile(path: string): StateFile {
  return {
    read: () => (existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as State) : undefined),
    write(state) {
      const fresh = `${path}.new`;
      const file = openSync(fresh, 'w');
      try {
        writeSync(file, JSON.stringify(state));
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(fresh, path);
    },
  };
}
