import { parameters } from '@sluice/contract/parameters';
import { buildSample, sampleLanguagesOf, sampleOperationIds } from '@sluice/contract/samples/build-sample';
import { sampleLanguages } from '@sluice/contract/samples/languages';
import type { SampleRequest } from '@sluice/contract/samples/sample-call';
import { noteText } from '@sluice/contract/samples/sample-note';
import type { BuildSamplesResponse } from '@sluice/contract/samples/sample-views';
import type { SdkOperationId } from '@sluice/contract/samples/sdk-models';
import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { type Call, type Handler, parameterOf } from '../call.ts';
import { type Document, isDocument, requiredText, textMember } from '../wire/documents.ts';

/** Samples of calls, for callers who have no generator of their own. Nothing is read or changed by them. */
export const sampleHandlers: { readonly BuildSamples: Handler } = {
  async BuildSamples(call): Promise<BuildSamplesResponse> {
    const operationId = operationOfPath(call);
    const document = documentOf(call.json());
    const only = oneOf(document, 'language', sampleLanguages);
    const request = readRequest(call, operationId, document);
    const languages = sampleLanguagesOf(operationId).filter((name) => only === null || name === only);
    return {
      operation_id: operationId,
      samples: languages.map((name) => {
        const { language, fileName, source, notes } = buildSample(request, name);
        return {
          language,
          file_name: fileName,
          source,
          notes: notes.map(({ reason, at }) => ({ reason, at, text: noteText(reason, call.language) })),
        };
      }),
    };
  },
};

function operationOfPath(call: Call): SdkOperationId {
  const name = parameterOf(call, 'operation_id');
  const found = sampleOperationIds.find((id) => id === name);
  if (found !== undefined) return found;
  throw new SluiceError(
    'APIGW.0101',
    explained({ en: 'The CDM API has no operation of this name.', zh: 'CDM API 没有该名称的操作。' }),
    { status: 404 },
  );
}

function readRequest(call: Call, operationId: SdkOperationId, document: Document): SampleRequest {
  const given = document.parameters ?? {};
  if (!isDocument(given)) throw refused('parameters', { en: 'It is an object.', zh: '须为对象。' });
  const texts = Object.keys(given).map((name) => [name, textMember(given, name) ?? ''] as const);
  return {
    operationId,
    endpoint: requiredText(document, 'endpoint'),
    region: textMember(document, 'region') ?? parameters.RegionId.example,
    projectId: call.projectId,
    signOn: oneOf(document, 'sign_on', ['keys', 'token']) ?? 'keys',
    parameters: Object.fromEntries(texts),
    body: document.body,
  };
}

function documentOf(body: unknown): Document {
  if (isDocument(body)) return body;
  throw refused('body', { en: 'The body is an object.', zh: '请求体须为对象。' });
}

/** @returns null when absent. @throws Cdm.0014 (400) when it is none of them. */
function oneOf<Word extends string>(document: Document, member: string, words: readonly Word[]): Word | null {
  const given = textMember(document, member);
  if (given === null) return null;
  const found = words.find((word) => word === given);
  if (found !== undefined) return found;
  const list = words.join(', ');
  throw refused(member, { en: `It is one of ${list}.`, zh: `须为以下之一：${list}。` });
}

function refused(name: string, why: { readonly en: string; readonly zh: string }): SluiceError {
  return new SluiceError('Cdm.0014', { name, ...explained(why) }, { status: 400 });
}
