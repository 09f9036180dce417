/**
 * The words of a name, in lower case, however it is put together: `from-config-values`, `isAutoOff`, `X-Language` and
 * `CreateLink` are split where they change.
 */
function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .split(/[-_]/)
    .map((word) => word.toLowerCase());
}

const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

/** `from_config_values`: attributes and methods in Python. */
export function snakeCase(name: string): string {
  return wordsOf(name).join('_');
}

/** `FromConfigValues`: fields in Go, and what follows `with`, `set` and `get` elsewhere. */
export function pascalCase(name: string): string {
  return wordsOf(name).map(capital).join('');
}

/** `createLink`: methods in Java and PHP. */
export function camelCase(name: string): string {
  const pascal = pascalCase(name);
  return pascal.charAt(0).toLowerCase() + pascal.slice(1);
}
