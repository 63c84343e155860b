/** What each sealed secret is sealed for; see `Secrets.seal`. */
export const deviceSecretPurpose = (device: string): string => `device-secret/${device}`;
export const attendanceTokenPurpose = (company: string): string => `attendance-token/${company}`;
