import { expect, test } from 'vitest';
import { StatusBoard } from './board.ts';
import { clientStatus, initialStatus } from './status.ts';

const told = () => new Promise<void>((resolve) => queueMicrotask(() => queueMicrotask(resolve)));

test('begins with a status that says nothing is known', () => {
  expect(clientStatus.parse(new StatusBoard().status)).toEqual(initialStatus);
});

test('tells of several writes in one step once, and leaves other fields alone', async () => {
  const board = new StatusBoard();
  const heard: number[] = [];
  board.onChange(({ queue }) => heard.push(queue.waiting));
  board.update({ queue: { waiting: 1 } });
  board.update({ queue: { waiting: 2 }, server: { state: 'online' } });
  await told();
  expect(heard).toEqual([2]);
  expect(board.status.server).toEqual({ ...initialStatus.server, state: 'online' });
});

test('tells nobody when nothing changed in the end', async () => {
  const board = new StatusBoard();
  let calls = 0;
  board.onChange(() => calls++);
  board.update({ queue: { waiting: 1 } });
  board.update({ queue: { waiting: 0 } });
  await told();
  expect(calls).toBe(0);
});

test('a status that was handed out does not change afterwards', () => {
  const board = new StatusBoard();
  const before = board.status;
  board.update({ queue: { waiting: 5 } });
  expect(before.queue.waiting).toBe(0);
});

test('a listener that left hears nothing more', async () => {
  const board = new StatusBoard();
  let calls = 0;
  board.onChange(() => calls++)();
  board.update({ queue: { waiting: 1 } });
  await told();
  expect(calls).toBe(0);
});
