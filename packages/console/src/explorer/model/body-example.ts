import { type BodyField, type JsonSchema, resolvedSchema } from './operation-entry.ts';

type Schemas = Readonly<Record<string, JsonSchema>>;

/** Levels that are written out; ours have fewer. */
const depthMax = 12;

/**
 * What the editor begins with: the published example; without one, and where there must be a body, the members that must be
 * in it, with values of their types. Pure.
 */
export function bodyExample(field: BodyField, schemas: Schemas): string {
  if (field.example !== undefined) return JSON.stringify(field.example, null, 2);
  return field.isRequired ? JSON.stringify(skeleton(field.schema, schemas), null, 2) : '';
}

function skeleton(schema: JsonSchema, schemas: Schemas, depth = 0): unknown {
  const shape = resolvedSchema(schema, schemas);
  if (shape.default !== undefined) return shape.default;
  if (Array.isArray(shape.enum)) return shape.enum[0];
  const [branch] = [shape.anyOf, shape.oneOf].flatMap((list) => (Array.isArray(list) ? list : []));
  if (branch !== undefined) return skeleton(branch as JsonSchema, schemas, depth + 1);
  switch ([shape.type].flat()[0]) {
    case 'object': {
      const members = (shape.properties ?? {}) as Readonly<Record<string, JsonSchema>>;
      const required = Array.isArray(shape.required) && depth < depthMax ? shape.required.map(String) : [];
      return Object.fromEntries(
        required.map((name) => [name, skeleton(members[name] ?? {}, schemas, depth + 1)]),
      );
    }
    case 'array':
      return Number(shape.minItems ?? 0) > 0 && depth < depthMax
        ? [skeleton((shape.items ?? {}) as JsonSchema, schemas, depth + 1)]
        : [];
    case 'integer':
    case 'number':
      return Number(shape.minimum ?? 0);
    case 'boolean':
      return false;
    case 'null':
      return null;
    default:
      return '';
  }
}
