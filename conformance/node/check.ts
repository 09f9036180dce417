import { SdkException } from '@huaweicloud/huaweicloud-sdk-core/exception/SdkException.js';
import { ServiceResponseException } from '@huaweicloud/huaweicloud-sdk-core/exception/ServiceResponseException.js';

/** What a check found out: a detail worth reading, and the request id of a refusal. */
export type Finding = { readonly detail: string; readonly requestId?: string };

/** An answer that is not what the check demands. */
class Mismatch extends Error {
  override readonly name = 'Mismatch';
}

export function demand(condition: unknown, text: string): asserts condition {
  if (!condition) throw new Mismatch(text);
}

export function equal(actual: unknown, expected: unknown, what: string): void {
  const [found, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
  demand(found === wanted, `${what}: expected ${wanted}, got ${found}`);
}

/** Runs one check and prints its line, which conformance/main.ts reads; says whether the check held. */
export async function check(
  operation: string,
  name: string,
  body: () => Promise<Finding | string | undefined> | Finding | string | undefined,
): Promise<boolean> {
  const line = { sdk: 'node', operation, check: name };
  try {
    const found = await body();
    const finding = typeof found === 'object' ? found : { detail: found ?? '' };
    console.log(JSON.stringify({ ...line, ok: true, ...finding }));
    return true;
  } catch (error) {
    console.log(JSON.stringify({ ...line, ok: false, detail: describe(error) }));
    return false;
  }
}

/** Demands that the call ends in the SDK's exception with this status and, unless null, this code. */
export async function refused(
  call: () => Promise<unknown>,
  status: number,
  code: string | null,
): Promise<Finding> {
  try {
    await call();
  } catch (error) {
    demand(error instanceof ServiceResponseException, `another kind of error: ${describe(error)}`);
    equal(error.httpStatusCode, status, `status (${describe(error)})`);
    if (code !== null) equal(error.errorCode, code, 'code');
    demand(error.errorCode, 'the exception has no code');
    demand(error.errorMsg, 'the exception has no message');
    demand(error.requestId, 'the exception has no request id');
    return { detail: `${error.constructor.name} ${status} ${error.errorCode}`, requestId: error.requestId };
  }
  throw new Mismatch('the call was not refused');
}

function describe(error: unknown): string {
  if (error instanceof ServiceResponseException)
    return `${error.httpStatusCode} ${error.errorCode} ${error.errorMsg}`;
  if (error instanceof SdkException) return `${error.constructor.name}: ${error.message}`;
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
