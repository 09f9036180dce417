import { buildOpenApi, type OpenApiDocument } from '@sluice/contract/openapi';
import { expect, it } from 'vitest';
import { described } from './member-texts.ts';

/** Every sentence on members that a request of the CDM API may have, and on answers. */
function sentences(document: OpenApiDocument): Set<string> {
  const found = new Set<string>();
  const followed = new Set<string>();
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const part = value as Readonly<Record<string, unknown>>;
    if (typeof part.$ref === 'string') {
      if (followed.has(part.$ref)) return;
      followed.add(part.$ref);
      walk(document.components.schemas[part.$ref.replace('#/components/schemas/', '')]);
      return;
    }
    for (const [name, inner] of Object.entries(
      (part.properties ?? {}) as Record<string, { description?: string }>,
    )) {
      expect(name).not.toBe('');
      if (inner.description !== undefined) found.add(inner.description);
    }
    for (const inner of Object.values(part)) walk(inner);
  };
  for (const operation of Object.values(document.paths).flatMap((methods) => Object.values(methods))) {
    walk(operation.requestBody);
    for (const { request } of operation['x-variants'] ?? []) walk(request);
    for (const response of Object.values(operation.responses)) {
      if (!('$ref' in response)) found.add(response.description);
    }
  }
  for (const { description } of Object.values(document.components.responses)) found.add(description);
  return found;
}

it('has the Chinese of what users of the CDM API type in, and of its answers', () => {
  const document = buildOpenApi({ serverUrl: 'http://h', version: '1', isServed: () => true });
  // Shown in one line of its own, with the names of the members.
  const own = 'Accepted in any form and not looked at.';
  const missing = [...sentences(document)].filter((text) => text !== own && described(text, 'zh') === text);
  expect(missing).toEqual([]);
  expect(described('Done.', 'en')).toBe('Done.');
  expect(described('constructor', 'zh')).toBe('constructor');
});
