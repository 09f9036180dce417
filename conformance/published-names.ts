import phpNames from './php/published-names.json' with { type: 'json' };
import terraformNames from './terraform/published-names.json' with { type: 'json' };

/** What a sample's text was held against: how many names the vendor has published, and what is wrong with the others. */
export type NamesFound = { readonly known: number; readonly wrong: readonly string[] };

/** Literals of both languages end up empty, so that nothing a user typed is taken for a name. */
function withoutLiterals(source: string): string {
  return source.replace(/"(?:[^"\\]|\\.)*"/g, '""');
}

/** Classes, setters and the method in a PHP sample, each setter looked for at the class of the object that it is called on. */
export function phpNamesIn(source: string): NamesFound {
  const setters: Readonly<Record<string, Readonly<Record<string, string>>>> = phpNames.setters;
  const wrong: string[] = [];
  let known = 0;
  const note = (isKnown: boolean, name: string) => {
    if (isKnown) known += 1;
    else wrong.push(name);
  };
  /** Class of the object that a chain of setters stands behind, by the depth of brackets. */
  const owners: string[] = [];
  let depth = 0;
  const tokens =
    /use HuaweiCloud\\SDK\\Cdm\\V1\\Model\\(\w+);|\(new (\w+)\(\)\)|->(set\w+)\(|\$client->(\w+)\(|[()[\]]/g;
  for (const [text, imported, made, setter, method] of withoutLiterals(source).matchAll(tokens)) {
    if (imported !== undefined) note(imported in setters, imported);
    else if (made !== undefined) {
      note(made in setters, made);
      owners[depth] = made;
    } else if (setter !== undefined) {
      const owner = owners[depth] ?? '';
      note(Object.values(setters[owner] ?? {}).includes(setter), `${owner}.${setter}`);
      depth += 1;
    } else if (method !== undefined) {
      note(phpNames.methods.includes(method), method);
      depth += 1;
    } else depth += text === '(' || text === '[' ? 1 : -1;
  }
  return { known, wrong };
}

type Arguments = { readonly required: readonly string[]; readonly optional: readonly string[] };
type Resource = Arguments & { readonly blocks: Readonly<Record<string, Arguments>> };

/** The resource in a Terraform sample, its arguments and those of its blocks; an argument that must be there and is not is wrong too. */
export function terraformNamesIn(source: string): NamesFound {
  const [, type = '', body = ''] = /^resource "(\w+)" "\w+" \{\n([\s\S]*?)^\}/m.exec(source) ?? [];
  const resource = (terraformNames.resources as Readonly<Record<string, Resource>>)[type];
  if (resource === undefined) return { known: 0, wrong: [`resource ${type}`] };
  const wrong: string[] = [];
  let known = 1;
  const hold = (at: string, names: readonly string[], { required, optional }: Arguments) => {
    for (const name of names) {
      if (required.includes(name) || optional.includes(name)) known += 1;
      else wrong.push(`${at}.${name}`);
    }
    for (const name of required) if (!names.includes(name)) wrong.push(`${at}.${name} is missing`);
  };
  const text = withoutLiterals(body);
  const named = (lines: string, indent: string) =>
    [...lines.matchAll(new RegExp(`^${indent}(\\w+) *=`, 'gm'))].map(([, name = '']) => name);
  hold(type, named(text, '  '), resource);
  for (const [, name = '', inner = ''] of text.matchAll(/^ {2}(\w+) \{\n([\s\S]*?)^ {2}\}/gm)) {
    const block = resource.blocks[name];
    if (block === undefined) wrong.push(`${type}.${name}`);
    else hold(`${type}.${name}`, named(inner, '    '), block);
  }
  return { known, wrong };
}
