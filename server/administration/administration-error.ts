/** What an administrator can be told is wrong. Nothing was changed when it is thrown. */
export type AdministrationErrorCode =
  | 'company-exists'
  | 'unknown-company'
  | 'unknown-token'
  | 'unknown-device'
  | 'device-retired'
  | 'unknown-employee'
  | 'ambiguous-employee'
  | 'unknown-group'
  | 'linked-otherwise'
  | 'not-linked'
  | 'no-mail-address'
  | 'invalid-challenge'
  | 'invalid-settings'
  | 'invalid-address'
  | 'day-begun'
  | 'not-held'
  | 'unknown-workday'
  | 'already-sent'
  | 'outside-workday'
  | 'out-before-in'
  | 'unknown-task'
  | 'unknown-finding'
  | 'invalid-file';

export class AdministrationError extends Error {
  readonly code: AdministrationErrorCode;

  constructor(code: AdministrationErrorCode, message: string) {
    super(message);
    this.name = 'AdministrationError';
    this.code = code;
  }
}
