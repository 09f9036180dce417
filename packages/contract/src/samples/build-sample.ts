import type { OperationId } from '../operation.ts';
import { operations } from '../operations.ts';
import { curlSample } from './curl-sample.ts';
import { goSample } from './go-sample.ts';
import { javaSample } from './java-sample.ts';
import { type SampleLanguage, sampleLanguages } from './languages.ts';
import { snakeCase } from './names.ts';
import { nodejsSample } from './nodejs-sample.ts';
import { phpSample } from './php-sample.ts';
import { pythonSample } from './python-sample.ts';
import { type SampleCall, type SampleRequest, sampleCall } from './sample-call.ts';
import type { SampleNote } from './sample-note.ts';
import type { SdkOperationId } from './sdk-models.ts';
import { type SdkObject, sdkRequest } from './sdk-values.ts';
import { hasTerraformResource, terraformSample } from './terraform-sample.ts';

export interface Sample {
  readonly language: SampleLanguage;
  /** What the file must, or may well, be called. */
  readonly fileName: string;
  /** Ends in a line feed. Holds no secret of the sign-on: those are read from the environment. What the body says is shown. */
  readonly source: string;
  /** Where the sample differs from what was typed in. */
  readonly notes: readonly SampleNote[];
}

/** The operations that samples are made for: the 28 that clients know. */
export const sampleOperationIds: readonly SdkOperationId[] = operations
  .map(({ operationId }) => operationId)
  .filter(isSampleOperation);

export function isSampleOperation(id: OperationId): id is SdkOperationId {
  return id !== 'ListLinksUnnamed';
}

/** The languages that have a sample of an operation: Terraform only where the vendor has a resource for it. */
export function sampleLanguagesOf(operationId: SdkOperationId): readonly SampleLanguage[] {
  return sampleLanguages.filter((name) => name !== 'terraform' || hasTerraformResource(operationId));
}

/**
 * Writes the source of one call in one language, with the vendor's names. Pure: the same request makes the same text.
 * @throws Cdm.0014 (400) for an endpoint that is no address, and for what is too long or nested too deep.
 */
export function buildSample(request: SampleRequest, language: SampleLanguage): Sample {
  const call = sampleCall(request);
  const written = writers[language](call);
  const isKeysOnly = call.signOn === 'token' && language !== 'curl';
  return {
    language,
    ...written,
    notes: [
      ...(isKeysOnly ? [{ reason: 'keys-only', at: '' } as const] : []),
      ...call.notes,
      ...written.notes,
    ],
  };
}

type Written = Pick<Sample, 'fileName' | 'source' | 'notes'>;

const writers: Readonly<Record<SampleLanguage, (call: SampleCall) => Written>> = {
  java: onSdk(javaSample, (id) => `${id}Sample.java`),
  python: onSdk(pythonSample, (id) => `${snakeCase(id)}.py`),
  go: onSdk(goSample, (id) => `${snakeCase(id)}.go`),
  nodejs: (call) => plain(call, 'mjs', nodejsSample(call)),
  php: onSdk(phpSample, (id) => `${snakeCase(id)}.php`),
  curl: (call) => plain(call, 'sh', curlSample(call)),
  terraform: (call) => ({ fileName: `${snakeCase(call.operationId)}.tf`, ...terraformSample(call) }),
};

/** A sample that builds the request from the vendor's classes. */
function onSdk(
  write: (call: SampleCall, request: SdkObject) => string,
  fileName: (id: SdkOperationId) => string,
): (call: SampleCall) => Written {
  return (call) => {
    const { request, notes } = sdkRequest(call.operationId, call);
    return { fileName: fileName(call.operationId), source: write(call, request), notes };
  };
}

/** A sample that sends the body as it was typed in. */
function plain(call: SampleCall, extension: string, source: string): Written {
  return { fileName: `${snakeCase(call.operationId)}.${extension}`, source, notes: [] };
}
