import { phpText } from './literals.ts';
import { camelCase, pascalCase } from './names.ts';
import type { SampleCall } from './sample-call.ts';
import { type Json, modelsIn, numberText, type SdkObject, type SdkValue } from './sdk-values.ts';
import { block, fileText, indented } from './source-text.ts';

const indent = '    ';
const sdk = 'HuaweiCloud\\SDK';

/** A program on `huaweicloud/huaweicloud-sdk-php`, for PHP 7 and later. */
export function phpSample(call: SampleCall, request: SdkObject): string {
  return fileText([
    '<?php',
    '// composer require huaweicloud/huaweicloud-sdk-php',
    'require_once "vendor/autoload.php";',
    '',
    `use ${sdk}\\Cdm\\V1\\CdmClient;`,
    ...modelsIn(request).map((model) => `use ${sdk}\\Cdm\\V1\\Model\\${model};`),
    `use ${sdk}\\Core\\Auth\\BasicCredentials;`,
    `use ${sdk}\\Core\\Exceptions\\ServiceResponseException;`,
    `use ${sdk}\\Core\\Http\\HttpConfig;`,
    '',
    block(
      '$credentials = new BasicCredentials(',
      ['getenv("HUAWEICLOUD_SDK_AK"),', 'getenv("HUAWEICLOUD_SDK_SK"),', phpText(call.projectId)],
      ');',
      indent,
    ),
    '$client = CdmClient::newBuilder()',
    `${indent}->withHttpConfig(HttpConfig::getDefaultConfig())`,
    `${indent}->withEndpoint(${phpText(call.endpoint)})`,
    `${indent}->withCredentials($credentials)`,
    `${indent}->build();`,
    `$request = ${objectText(request)};`,
    'try {',
    `${indent}echo $client->${camelCase(call.operationId)}($request), "\\n";`,
    '} catch (ServiceResponseException $e) {',
    `${indent}fwrite(STDERR, $e->getHttpStatusCode() . " " . $e->getErrorCode() . " " . $e->getErrorMsg() . "\\n");`,
    `${indent}fwrite(STDERR, $e->getRequestId() . "\\n");`,
    `${indent}exit(1);`,
    '}',
  ]);
}

function objectText({ model, members }: SdkObject): string {
  // This package sets the content type itself.
  const setters = members
    .filter(({ wire }) => wire !== 'Content-Type')
    .map(({ wire, value }) => `\n->set${pascalCase(wire)}(${valueText(value)})`);
  return `(new ${model}())${indented(setters.join(''), indent)}`;
}

function valueText(value: SdkValue): string {
  switch (value.kind) {
    case 'text':
      return phpText(value.text);
    case 'enumeration':
      return phpText(value.value);
    case 'flag':
      return String(value.flag);
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

/** Objects are written as such: an empty list of PHP would become a list. */
function jsonText(json: Json): string {
  if (typeof json === 'string') return phpText(json);
  if (typeof json === 'number') return numberText(json);
  if (typeof json !== 'object' || json === null) return String(json);
  if (Array.isArray(json)) return listText(json.map(jsonText));
  const entries = Object.entries(json).map(([name, of]) => `${phpText(name)} => ${jsonText(of)},`);
  return block('(object) [', entries, ']', indent);
}

const listText = (items: readonly string[]) =>
  block(
    '[',
    items.map((item) => `${item},`),
    ']',
    indent,
  );
