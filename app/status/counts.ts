import type { EventQueue } from '../queue/queue.ts';
import { type StatusBoard, toInstant } from './board.ts';

/** Writes how full the queue is into the status. @throws QueueError */
export function showCounts(queue: EventQueue, board: StatusBoard): void {
  const { waiting, refused, oldestWaitingAt } = queue.counts();
  board.update({
    queue: {
      waiting,
      refused,
      oldestWaitingAt: oldestWaitingAt === null ? null : toInstant(oldestWaitingAt),
    },
  });
}
