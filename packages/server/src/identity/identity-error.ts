import { type IdentityErrorBody, identityErrorBody } from '@sluice/contract/error-body';

/** Statuses with which an identity call refuses. */
export type IdentityStatus = 400 | 401 | 403 | 404 | 409 | 429;

/**
 * A failure of an identity call, to be answered as `{"error":{"code":<status>,"message":…,"title":…}}`, the form that Keystone
 * clients read. For token and password calls only: a wrong signature on the same paths is an APIGW.0301 as everywhere else.
 */
export class IdentityError extends Error {
  readonly status: IdentityStatus;

  constructor(status: IdentityStatus, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'IdentityError';
    this.status = status;
  }

  /** Reason phrase of the status. */
  get title(): string {
    return this.toBody().error.title;
  }

  toBody(): IdentityErrorBody {
    return identityErrorBody(this.status, this.message);
  }
}
