import { prettyJson } from './json-text.ts';
import { jsonText } from './literals.ts';
import type { SampleCall } from './sample-call.ts';
import { block, fileText } from './source-text.ts';

const indent = '  ';

/**
 * A program on `@huaweicloud/huaweicloud-sdk-core`. The vendor publishes no CDM package for Node.js, so the request is made
 * by hand in the form that his packages give theirs: credentials, signature and errors are his.
 */
export function nodejsSample(call: SampleCall): string {
  const sdk = '@huaweicloud/huaweicloud-sdk-core';
  const path = [...call.operation.path.matchAll(/\{(\w+)\}/g)]
    .map(([, name = '']) => name)
    .filter((name) => name !== 'project_id')
    .map((name) => [name, call.parameters.get(name) ?? ''] as const);
  return fileText([
    `// npm install ${sdk}; the vendor has no package for CDM`,
    `import { BasicCredentials } from '${sdk}/auth/BasicCredentials.js';`,
    `import { ClientBuilder } from '${sdk}/ClientBuilder.js';`,
    '',
    block(
      'const credentials = new BasicCredentials({',
      [
        'ak: process.env.HUAWEICLOUD_SDK_AK,',
        'sk: process.env.HUAWEICLOUD_SDK_SK,',
        `projectId: ${jsonText(call.projectId)},`,
      ],
      '});',
      indent,
    ),
    'const client = new ClientBuilder((core) => core)',
    `${indent}.withCredential(credentials)`,
    `${indent}.withEndpoint(${jsonText(call.endpoint)})`,
    `${indent}.build();`,
    block(
      'const request = {',
      [
        `method: ${jsonText(call.operation.method)},`,
        `url: ${jsonText(call.operation.path)},`,
        'contentType: "application/json",',
        `pathParams: ${pairsText(path)},`,
        `queryParams: ${pairsText(call.query)},`,
        `headers: ${pairsText(call.headers)},`,
        ...(call.body === undefined ? [] : [`data: ${prettyJson(call.body, memberName)},`]),
      ],
      '};',
      indent,
    ),
    'try {',
    `${indent}console.log(JSON.stringify(await client.sendRequest(request), null, 2));`,
    '} catch (error) {',
    `${indent}console.error(error.httpStatusCode, error.errorCode, error.errorMsg);`,
    `${indent}console.error(error.requestId);`,
    `${indent}process.exitCode = 1;`,
    '}',
  ]);
}

const pairsText = (pairs: readonly (readonly [string, string])[]) =>
  block(
    '{',
    pairs.map(([name, value]) => `${memberName(name)}: ${jsonText(value)},`),
    '}',
    indent,
  );

/** `"__proto__": …` would not be a member but the object's prototype. */
const memberName = (name: string) => (name === '__proto__' ? '["__proto__"]' : jsonText(name));
