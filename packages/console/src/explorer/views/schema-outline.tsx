import { described } from '../member-texts.ts';
import { type JsonSchema, resolvedSchema } from '../model/operation-entry.ts';
import { ChevronIcon } from './icons.tsx';
import { usePage } from './page-context.ts';

type Schemas = Readonly<Record<string, JsonSchema>>;

/** How the contract describes members that clients echo and nobody reads. */
const notLookedAt = 'Accepted in any form and not looked at.';
/** Levels that are opened at most; ours have far fewer. */
const depthMax = 12;

/** The members of a schema as a tree that opens level by level. */
export function SchemaOutline({
  schema,
  schemas,
  depth = 0,
}: {
  readonly schema: JsonSchema;
  readonly schemas: Schemas;
  readonly depth?: number;
}) {
  const { say } = usePage();
  const shape = withMembers(schema, schemas);
  const members = Object.entries((shape?.properties ?? {}) as Record<string, JsonSchema>);
  if (members.length === 0) return null;
  const required = new Set(Array.isArray(shape?.required) ? shape.required : []);
  const echoed = members.filter(([, member]) => member.description === notLookedAt).map(([name]) => name);
  return (
    <ul class="outline">
      {members
        .filter(([name]) => !echoed.includes(name))
        .map(([name, member]) => (
          <Member
            key={name}
            name={name}
            member={member}
            isRequired={required.has(name)}
            schemas={schemas}
            depth={depth}
          />
        ))}
      {echoed.length > 0 && (
        <li class="outline-echoed">{say('notLookedAt', { names: echoed.join(', ') })}</li>
      )}
    </ul>
  );
}

function Member({
  name,
  member,
  isRequired,
  schemas,
  depth,
}: {
  readonly name: string;
  readonly member: JsonSchema;
  readonly isRequired: boolean;
  readonly schemas: Schemas;
  readonly depth: number;
}) {
  const { say, language } = usePage();
  const resolved = resolvedSchema(member, schemas);
  const inner = depth < depthMax ? withMembers(member, schemas) : null;
  const description = member.description ?? resolved.description;
  const head = (
    <>
      <code class="outline-name">{name}</code>
      <span class="field-type">{typeOf(member, schemas)}</span>
      {isRequired && <span class="required">{say('required')}</span>}
    </>
  );
  return (
    <li>
      {inner === null ? (
        <div class="outline-head">{head}</div>
      ) : (
        <details>
          <summary class="outline-head">
            <ChevronIcon />
            {head}
          </summary>
          <SchemaOutline schema={inner} schemas={schemas} depth={depth + 1} />
        </details>
      )}
      {typeof description === 'string' && description !== '' && (
        <p class="outline-about">{described(description, language)}</p>
      )}
    </li>
  );
}

/** The object whose members are shown: the schema's own, or that of a list's items or of the first branch that has one. */
function withMembers(schema: JsonSchema, schemas: Schemas, depth = 0): JsonSchema | null {
  if (depth > depthMax) return null;
  const shape = resolvedSchema(schema, schemas);
  if (typeof shape.properties === 'object' && Object.keys(shape.properties ?? {}).length > 0) return shape;
  const inner = [shape.items, ...branches(shape)];
  for (const one of inner) {
    const found =
      typeof one === 'object' && one !== null ? withMembers(one as JsonSchema, schemas, depth + 1) : null;
    if (found !== null) return found;
  }
  return null;
}

function branches(schema: JsonSchema): readonly unknown[] {
  if (Array.isArray(schema.anyOf)) return schema.anyOf;
  return Array.isArray(schema.oneOf) ? schema.oneOf : [];
}

function typeOf(schema: JsonSchema, schemas: Schemas): string {
  const shape = resolvedSchema(schema, schemas);
  if (Array.isArray(shape.enum)) return shape.enum.map(String).join(' | ');
  const found = branches(shape)
    .map((branch) => typeOf(branch as JsonSchema, schemas))
    .filter((text) => text !== '');
  if (found.length > 0) return [...new Set(found)].join(' | ');
  const type = [shape.type].flat().filter((one) => typeof one === 'string');
  if (type.includes('array') && typeof shape.items === 'object') {
    return `${typeOf(shape.items as JsonSchema, schemas) || 'any'}[]`;
  }
  const format = typeof shape.format === 'string' ? `(${shape.format})` : '';
  return type.length === 0 ? 'any' : `${type.join(' | ')}${format}`;
}
