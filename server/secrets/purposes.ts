/** What each sealed secret is sealed for; see `Secrets.seal`. */
export const deviceSecretPurpose = (device: string): string => `device-secret/${device}`;
export const attendanceTokenPurpose = (company: string): string => `attendance-token/${company}`;
export const otpEnrolmentPurpose = (company: string, credential: string): string =>
  `otp-enrolment/${company}/${credential}`;
export const otpSecretPurpose = (company: string, credential: string): string =>
  `otp-secret/${company}/${credential}`;
export const mailValuesPurpose = (mail: string): string => `mail-values/${mail}`;
