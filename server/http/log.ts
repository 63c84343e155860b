import { type DestinationStream, type Logger, pino } from 'pino';

const SECRET_FIELDS = [
  'authorization',
  'signature',
  '["signature-input"]',
  'token',
  'accessToken',
  'deviceSecret',
  'ticket',
  'nonce',
];

/** The paths at which a secret could stand in a log line: at the top, in what was logged, and in request headers. */
const redacted = SECRET_FIELDS.flatMap((field) => {
  const below = field.startsWith('[') ? field : `.${field}`;
  return [field, `*${below}`, `*.headers${below}`, `headers${below}`];
});

/**
 * The server's log: JSON lines, with whatever could let somebody in blotted out, wherever it slipped in.
 *
 * @param level pino's: `info`, `warn`, …
 * @param destination standard output when not given.
 */
export function createLog(level: string, destination?: DestinationStream): Logger {
  const options = { level, redact: { paths: [...new Set(redacted)], censor: '[redacted]' } };
  return destination ? pino(options, destination) : pino(options);
}
