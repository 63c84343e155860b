/** Milliseconds since 1970 as the contract writes an instant. */
export const toInstant = (ms: number): string => new Date(ms).toISOString();
