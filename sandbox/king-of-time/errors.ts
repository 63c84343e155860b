/** An answer of the service that is not a success. Two shapes exist in the wild, and `code` is a number in one, text in the other. */
export class ServiceError extends Error {
  readonly status: number;
  readonly body: object;

  constructor(status: number, body: object) {
    super(`Answer ${status}`);
    this.status = status;
    this.body = body;
  }
}

const listed = (status: number, code: number, message: string): ServiceError =>
  new ServiceError(status, { errors: [{ message, code }] });

/** The published codes (gathered from public sources). What the vendor does not publish is marked. */
export const errors = {
  /** IP address, token and permission look the same on purpose: the service does not tell them apart either. */
  unauthorized: () => listed(403, 100, '認証に失敗しました。'),
  forbiddenHours: () => listed(403, 104, '8:30〜10:00、17:30〜18:30はご利用いただけません。'),
  tooMany: () => new ServiceError(429, { code: '303', message: 'Too Many Requests' }),
  maintenance: () => listed(500, 300, 'Resource Server Error'),
  unavailable: () => new ServiceError(503, { message: 'Service Unavailable' }),
  dateFormat: (name: string) => listed(400, 2, `${name}の形式が正しくありません。`),
  dateTimeFormat: (name: string) => listed(400, 280, `${name}の日時形式が正しくありません。`),
  validation: (message: string) => listed(400, 222, message),
  unknownEmployee: () => listed(400, 526, '従業員識別キーが存在しません。'),
  notFound: () => new ServiceError(404, { code: '404', message: 'Not Found' }),
  /** No public code is known for this one; its text is what the connectors' screens show. */
  alreadyPunched: () => listed(400, 1000, '打刻済みエラー'),
};
