import { jsonText } from './literals.ts';
import { type Json, numberText } from './sdk-values.ts';
import { block } from './source-text.ts';

const indent = '  ';

/**
 * A value as JSON, two spaces a level, what is not readable as escapes.
 * @param nameText how names of members are written; JavaScript has one that JSON has not.
 */
export function prettyJson(json: Json, nameText: (name: string) => string = jsonText): string {
  if (typeof json === 'string') return jsonText(json);
  if (typeof json === 'number') return numberText(json);
  if (typeof json !== 'object' || json === null) return String(json);
  const isList = Array.isArray(json);
  const items: string[] = isList
    ? json.map((item: Json) => prettyJson(item, nameText))
    : Object.entries(json).map(([name, of]) => `${nameText(name)}: ${prettyJson(of, nameText)}`);
  const separated = items.map((item, index) => (index < items.length - 1 ? `${item},` : item));
  return isList ? block('[', separated, ']', indent) : block('{', separated, '}', indent);
}
