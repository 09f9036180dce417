import Type, { type Static } from 'typebox';
import { answer, listOf, oneOfTexts, request, text } from '../wire-types.ts';
import { sampleLanguages } from './languages.ts';

export const BuildSamplesRequest = request(
  'BuildSamplesRequest',
  {
    endpoint: text('Where the samples call: an address with http or https, without user, query or fragment.'),
    language: Type.Optional(oneOfTexts(sampleLanguages, 'Only this one; all of them when absent.')),
    region: Type.Optional(text('Region for what asks for one; the example of the description when absent.')),
    sign_on: Type.Optional(
      oneOfTexts(['keys', 'token'], 'AK and SK, or a token, which only curl can send.', { default: 'keys' }),
    ),
    parameters: Type.Optional(
      Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()]), {
        description:
          'Path, query and header parameters of the operation by name, but for project_id. Examples stand in for those that must be there.',
      }),
    ),
    body: Type.Optional(
      Type.Unknown({
        description:
          'The body of the operation; an example when absent. What it says is shown in the samples.',
      }),
    ),
  },
  'A call of the CDM API that samples are wanted of. It holds no keys: samples read theirs from the environment.',
);
export type BuildSamplesRequest = Static<typeof BuildSamplesRequest>;

export const SampleNoteView = answer(
  'SampleNoteView',
  {
    reason: text(
      'Word for what was found: unknown-parameter, unknown-member, misfit, null, missing, keys-only.',
    ),
    at: text('Parameter or place in the body; empty for the whole call.'),
    text: text('What was found, in words.'),
  },
  'Where a sample differs from what was sent.',
);
export type SampleNoteView = Static<typeof SampleNoteView>;

export const SampleView = answer(
  'SampleView',
  {
    language: oneOfTexts(sampleLanguages, 'Language, or tool.'),
    file_name: text('What the file must, or may well, be called.'),
    source: text('The whole file.'),
    notes: listOf(SampleNoteView, 'Empty when the sample says exactly what was sent.'),
  },
  'One sample.',
);
export type SampleView = Static<typeof SampleView>;

export const BuildSamplesResponse = answer(
  'BuildSamplesResponse',
  {
    operation_id: text('The operation.'),
    samples: listOf(SampleView, 'In a fixed order; Terraform only where the vendor has a resource.'),
  },
  'Samples of one call.',
);
export type BuildSamplesResponse = Static<typeof BuildSamplesResponse>;
