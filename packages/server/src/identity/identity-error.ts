/** Reason phrases that Keystone clients expect as `title`. */
const titles = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  429: 'Too Many Requests',
} as const;

export type IdentityStatus = keyof typeof titles;

/**
 * A failure of an identity call, to be answered as `{"error":{"code":<status>,"message":…,"title":…}}`, the form that Keystone
 * clients read. For token and password calls only: a wrong signature on the same paths is an APIGW.0301 as everywhere else.
 */
export class IdentityError extends Error {
  readonly status: IdentityStatus;
  readonly title: string;

  constructor(status: IdentityStatus, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'IdentityError';
    this.status = status;
    this.title = titles[status];
  }
}
