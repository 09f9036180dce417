import { goText } from './literals.ts';
import { pascalCase } from './names.ts';
import type { SampleCall } from './sample-call.ts';
import type { SdkType } from './sdk-models.ts';
import { type Json, numberText, type SdkObject, type SdkValue } from './sdk-values.ts';
import { block, fileText, indented } from './source-text.ts';

const indent = '\t';

/** A program on `github.com/huaweicloud/huaweicloud-sdk-go-v3`, for Go 1.18 and later. */
export function goSample(call: SampleCall, request: SdkObject): string {
  const expression = `&${objectText(request)}`;
  const usesPointers = /\bpointerTo[([]/.test(expression);
  const module = 'github.com/huaweicloud/huaweicloud-sdk-go-v3';
  const check = ['if err != nil {', `${indent}fmt.Fprintln(os.Stderr, err)`, `${indent}os.Exit(1)`, '}'];
  return fileText([
    `// go get ${module}`,
    'package main',
    '',
    block(
      'import (',
      [
        '"fmt"',
        '"os"\n',
        `"${module}/core/auth/basic"`,
        `cdm "${module}/services/cdm/v1"`,
        `"${module}/services/cdm/v1/model"`,
      ],
      ')',
      indent,
    ).replaceAll(`\n${indent}\n`, '\n\n'),
    '',
    ...(usesPointers ? ['func pointerTo[T any](value T) *T {', `${indent}return &value`, '}', ''] : []),
    'func main() {',
    ...[
      'credentials, err := basic.NewCredentialsBuilder().',
      `${indent}WithAk(os.Getenv("HUAWEICLOUD_SDK_AK")).`,
      `${indent}WithSk(os.Getenv("HUAWEICLOUD_SDK_SK")).`,
      `${indent}WithProjectId(${goText(call.projectId)}).`,
      `${indent}SafeBuild()`,
      ...check,
      'httpClient, err := cdm.CdmClientBuilder().',
      `${indent}WithCredential(credentials).`,
      `${indent}WithEndpoint(${goText(call.endpoint)}).`,
      `${indent}SafeBuild()`,
      ...check,
      'client := cdm.NewCdmClient(httpClient)',
      `request := ${expression}`,
      `response, err := client.${call.operationId}(request)`,
      ...check,
      'fmt.Println(response)',
    ].map((line) => `${indent}${indented(line, indent)}`),
    '}',
  ]);
}

/** A literal of the class, without the sign that takes its address. */
function objectText({ model, members }: SdkObject): string {
  return block(`model.${model}{`, fields(members), '}', indent);
}

function fields(members: SdkObject['members']): string[] {
  return members.map(
    ({ wire, value, isRequired }) => `${pascalCase(wire)}: ${fieldText(value, isRequired)},`,
  );
}

/** Optional fields are pointers; objects and free values always are. */
function fieldText(value: SdkValue, isRequired: boolean): string {
  switch (value.kind) {
    case 'any':
      return `pointerTo[interface{}](${jsonText(value.json)})`;
    case 'model':
      return `&${objectText(value)}`;
    case 'list':
      return `${isRequired ? '' : '&'}${plainText(value)}`;
    case 'int32':
    case 'int64':
      return isRequired ? plainText(value) : `pointerTo(${value.kind}(${plainText(value)}))`;
    default:
      return isRequired ? plainText(value) : `pointerTo(${plainText(value)})`;
  }
}

function plainText(value: SdkValue): string {
  switch (value.kind) {
    case 'text':
      return goText(value.text);
    case 'flag':
      return String(value.flag);
    case 'int32':
    case 'int64':
      return numberText(value.number);
    case 'enumeration':
      return `model.Get${value.owner}${pascalCase(value.member)}Enum().${value.value}`;
    case 'any':
      return jsonText(value.json);
    case 'list': {
      // Inside a list of objects the class is known.
      const items = value.items.map((item) =>
        item.kind === 'model' ? block('{', fields(item.members), '}', indent) : plainText(item),
      );
      return listText(`[]${typeText(value.of)}`, items);
    }
    case 'model':
      return objectText(value);
  }
}

/** The type of what is in a list. */
function typeText(type: SdkType): string {
  if (type.kind === 'model') return `model.${type.name}`;
  if (type.kind === 'text') return 'string';
  throw new Error(`no list of ${type.kind} is in the table`);
}

function jsonText(json: Json): string {
  if (typeof json === 'string') return goText(json);
  if (typeof json === 'number') return numberText(json);
  if (typeof json !== 'object' || json === null) return String(json);
  if (Array.isArray(json)) return listText('[]interface{}', json.map(jsonText));
  const entries = Object.entries(json).map(([name, of]) => `${goText(name)}: ${jsonText(of)},`);
  return block('map[string]interface{}{', entries, '}', indent);
}

const listText = (type: string, items: readonly string[]) =>
  block(
    `${type}{`,
    items.map((item) => `${item},`),
    '}',
    indent,
  );
