/**
 * The places between two steps of an event's way, in their order. An observer of `createClient` is called at each; a process that
 * ends exactly there must lose nothing and double nothing.
 */
export const CLIENT_STEPS = [
  'bridge-connected',
  'read-from-bridge',
  'stored-in-queue',
  'acknowledged',
  'nonce',
  'ticket',
  'session',
  /** The server has answered; its verdicts are not in the queue yet. */
  'uploaded',
  /** Verdicts and receipts are in the queue, in one transaction. */
  'verdicts-committed',
  /** The bridge has a receipt that the queue still holds. */
  'receipt-carried',
  'receipt-dropped',
  'today',
  'pruned',
] as const;
export type ClientStep = (typeof CLIENT_STEPS)[number];
export type StepObserver = (step: ClientStep) => void;
