import { mkdirSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';

/**
 * Keeps a state directory for this process, for as long as it lives and however it ends: the lock is one of the operating
 * system's, on a small SQLite file.
 *
 * @param waitMs how long to wait, on the spot, for another process to release it
 * @throws Error, in words, when another process has it.
 */
export function lockState(directory: string, { waitMs = 0 } = {}): { release(): void } {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const lock = new Database(path.join(directory, 'in-use.lock'), { timeout: waitMs });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch {
    lock.close();
    throw new Error(`${directory} is in use: the demo is running already. End it, or use its addresses.`);
  }
  return { release: () => void lock.close() };
}
