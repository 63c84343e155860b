/** What stands in place of what was taken out. */
const REDACTED = '[removed]';

/**
 * Takes out of a program's words whatever could be a secret: one-time-password links, bearer tokens, recovery and one-time codes, and
 * runs of characters long enough for a key. Nothing that is asked for should hold any; this is for the day it does. Identifiers stay readable:
 * SIDs, GUIDs, paths and access rules have no such runs. Names of people, accounts and PCs stay, too.
 */
export function redact(text: string): string {
  return SECRETS.reduce((said, secret) => said.replace(secret, REDACTED), text);
}

const SECRETS: readonly RegExp[] = [
  /otpauth:\/\/\S+/gi,
  /\bBearer\s+\S+/gi,
  // A 128-bit secret is 26 letters of base32. Access rules are letters, too, but never with a digit.
  /\b(?=[A-Z2-7]*[2-7])[A-Z2-7]{26,}=*/g,
  // One-time codes (three groups of four) and recovery codes (four).
  /\b(?=[0-9A-Z-]*\d)[0-9A-Z]{4}(?:-[0-9A-Z]{4}){2,3}\b(?!-)/g,
  /\b[0-9a-f]{32,}\b/gi,
  // Base64 of 24 bytes or more; a path or a word of this length has no digit among upper and lower case.
  /(?<![\w+/-])(?=[\w+/-]*\d)(?=[\w+/-]*[A-Z])(?=[\w+/-]*[a-z])[\w+/-]{32,}={0,2}(?![\w+/-])/g,
];
