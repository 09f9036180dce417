import { pythonText } from './literals.ts';
import { snakeCase } from './names.ts';
import type { SampleCall } from './sample-call.ts';
import { type Json, modelsIn, numberText, type SdkObject, type SdkValue } from './sdk-values.ts';
import { block, fileText, indented } from './source-text.ts';

const indent = '    ';

/** A program on `huaweicloudsdkcdm`, for Python 3. */
export function pythonSample(call: SampleCall, request: SdkObject): string {
  const imported = ['CdmClient', ...modelsIn(request)].map((name) => `${name},`);
  return fileText([
    '# pip install huaweicloudsdkcdm',
    'import os',
    'import sys',
    '',
    block('from huaweicloudsdkcdm.v1 import (', imported, ')', indent),
    'from huaweicloudsdkcore.auth.credentials import BasicCredentials',
    'from huaweicloudsdkcore.exceptions.exceptions import ServiceResponseException',
    '',
    'if __name__ == "__main__":',
    ...[
      block(
        'credentials = BasicCredentials(',
        [
          'os.environ["HUAWEICLOUD_SDK_AK"],',
          'os.environ["HUAWEICLOUD_SDK_SK"],',
          `${pythonText(call.projectId)},`,
        ],
        ')',
        indent,
      ),
      block(
        'client = (',
        [
          'CdmClient.new_builder()',
          '.with_credentials(credentials)',
          `.with_endpoint(${pythonText(call.endpoint)})`,
          '.build()',
        ],
        ')',
        indent,
      ),
      `request = ${objectText(request)}`,
      'try:',
      `${indent}print(client.${snakeCase(call.operationId)}(request))`,
      'except ServiceResponseException as e:',
      `${indent}print(e.status_code, e.error_code, e.error_msg, file=sys.stderr)`,
      `${indent}print(e.request_id, file=sys.stderr)`,
      `${indent}sys.exit(1)`,
    ].map((line) => `${indent}${indented(line, indent)}`),
  ]);
}

function objectText({ model, members }: SdkObject): string {
  const given = members.map(({ wire, value }) => `${snakeCase(wire)}=${valueText(value)},`);
  return block(`${model}(`, given, ')', indent);
}

function valueText(value: SdkValue): string {
  switch (value.kind) {
    case 'text':
      return pythonText(value.text);
    case 'enumeration':
      return pythonText(value.value);
    case 'flag':
      return jsonText(value.flag);
    case 'int32':
    case 'int64':
      return numberText(value.number);
    case 'any':
      return jsonText(value.json);
    case 'list':
      return listText(value.items.map(valueText));
    case 'model':
      return objectText(value);
  }
}

function jsonText(json: Json): string {
  if (typeof json === 'string') return pythonText(json);
  if (typeof json === 'number') return numberText(json);
  if (typeof json === 'boolean') return json ? 'True' : 'False';
  if (json === null) return 'None';
  if (Array.isArray(json)) return listText(json.map(jsonText));
  const entries = Object.entries(json).map(([name, of]) => `${pythonText(name)}: ${jsonText(of)},`);
  return block('{', entries, '}', indent);
}

const listText = (items: readonly string[]) =>
  block(
    '[',
    items.map((item) => `${item},`),
    ']',
    indent,
  );
