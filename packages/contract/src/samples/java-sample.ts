import { javaText } from './literals.ts';
import { camelCase, pascalCase } from './names.ts';
import type { SampleCall } from './sample-call.ts';
import { type Json, modelsIn, numberText, type SdkObject, type SdkValue } from './sdk-values.ts';
import { block, fileText, indented } from './source-text.ts';

const indent = '    ';
const continued = `${indent}${indent}`;

/** A program on `com.huaweicloud.sdk:huaweicloud-sdk-cdm`, for Java 9 and later. */
export function javaSample(call: SampleCall, request: SdkObject): string {
  const { operationId } = call;
  const expression = objectText(request);
  const packages = [
    'com.huaweicloud.sdk.cdm.v1.CdmClient',
    ...[...modelsIn(request), `${operationId}Response`]
      .sort()
      .map((model) => `com.huaweicloud.sdk.cdm.v1.model.${model}`),
    'com.huaweicloud.sdk.core.auth.BasicCredentials',
    'com.huaweicloud.sdk.core.exception.ServiceResponseException',
    ...(/\bList\.of\(/.test(expression) ? ['java.util.List'] : []),
    ...(/\bMap\.of/.test(expression) ? ['java.util.Map'] : []),
  ];
  return fileText([
    '// Maven: com.huaweicloud.sdk:huaweicloud-sdk-cdm',
    ...packages.map((name) => `import ${name};`),
    '',
    `public class ${operationId}Sample {`,
    `${indent}public static void main(String[] args) {`,
    ...inMain([
      'BasicCredentials credentials = new BasicCredentials()',
      `${continued}.withAk(System.getenv("HUAWEICLOUD_SDK_AK"))`,
      `${continued}.withSk(System.getenv("HUAWEICLOUD_SDK_SK"))`,
      `${continued}.withProjectId(${javaText(call.projectId)});`,
      'CdmClient client = CdmClient.newBuilder()',
      `${continued}.withCredential(credentials)`,
      `${continued}.withEndpoint(${javaText(call.endpoint)})`,
      `${continued}.build();`,
      `${operationId}Request request = ${expression};`,
      'try {',
      `${indent}${operationId}Response response = client.${camelCase(operationId)}(request);`,
      `${indent}System.out.println(response);`,
      '} catch (ServiceResponseException e) {',
      `${indent}System.err.println(e.getHttpStatusCode() + " " + e.getErrorCode() + " " + e.getErrorMsg());`,
      `${indent}System.err.println(e.getRequestId());`,
      `${indent}System.exit(1);`,
      '}',
    ]),
    `${indent}}`,
    '}',
  ]);
}

const inMain = (lines: readonly string[]) => lines.map((line) => `${continued}${indented(line, continued)}`);

function objectText({ model, members }: SdkObject): string {
  // This package sets the content type itself.
  const setters = members
    .filter(({ wire }) => wire !== 'Content-Type')
    .map(({ wire, value }) => `\n.with${pascalCase(wire)}(${valueText(value)})`);
  return `new ${model}()${indented(setters.join(''), continued)}`;
}

function valueText(value: SdkValue): string {
  switch (value.kind) {
    case 'text':
      return javaText(value.text);
    case 'flag':
      return String(value.flag);
    case 'int32':
      return numberText(value.number);
    case 'int64':
      return `${numberText(value.number)}L`;
    case 'enumeration':
      return `${value.owner}.${pascalCase(value.member)}Enum.${value.value}`;
    case 'any':
      return jsonText(value.json);
    case 'list':
      return listText(value.items.map(valueText));
    case 'model':
      return objectText(value);
  }
}

function jsonText(json: Json): string {
  if (typeof json === 'string') return javaText(json);
  if (typeof json === 'number') {
    const isLong = Number.isSafeInteger(json) && Math.abs(json) > 2_147_483_647;
    return `${numberText(json)}${isLong ? 'L' : ''}`;
  }
  if (typeof json !== 'object' || json === null) return String(json);
  if (Array.isArray(json)) return listText(json.map(jsonText));
  const entries = Object.entries(json).map(([name, of]) => `Map.entry(${javaText(name)}, ${jsonText(of)})`);
  return entries.length === 0 ? 'Map.of()' : commaBlock('Map.ofEntries(', entries, ')');
}

const listText = (items: readonly string[]) => commaBlock('List.of(', items, ')');

/** Java allows no comma behind the last item. */
function commaBlock(open: string, items: readonly string[], close: string): string {
  return block(
    open,
    items.map((item, index) => (index < items.length - 1 ? `${item},` : item)),
    close,
    indent,
  );
}
