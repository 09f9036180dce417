import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type ErrorCode, errorCodes } from '@sluice/core/errors/codes';
import { parseSync } from 'rolldown/utils';

/** One place of the product's sources that raises an error, or hands its code on. */
export interface RaisedCode {
  readonly code: ErrorCode;
  /** From the root of the project, with the line. */
  readonly place: string;
  /** Facts given with it; null: they are not written at this place. */
  readonly facts: readonly string[] | null;
  /** The status given with it; null: the catalogue's. */
  readonly status: number | null;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [member: string]: unknown;
}

const known: ReadonlySet<string> = new Set(errorCodes);

/** Files that list codes without raising them, and files that only tests load. */
const isListOnly = (file: string) =>
  /\/errors\/(catalogue|codes|unraised|catalogue-entry)(\.ts$|\/)/.test(file) ||
  /\.test\.ts$|-suite\.ts$|-fixture\.ts$|\/sample-app\.ts$|\/contract-suite\//.test(file);

/** Every mention of a code in the product's sources. @param files from the root, with `/`. */
export function raisedCodes(root: string, files: readonly string[]): readonly RaisedCode[] {
  return files
    .filter((file) => file.startsWith('packages/') && file.endsWith('.ts') && !isListOnly(file))
    .flatMap((file) => {
      const text = readFileSync(path.join(root, file), 'utf8');
      if (!/'(?:Cdm|CDM|APIGW|IAM)\.\d/.test(text)) return [];
      const { program } = parseSync(file, text);
      return found(program as unknown as Node, file, text);
    });
}

function found(program: Node, file: string, text: string): readonly RaisedCode[] {
  const raised: RaisedCode[] = [];
  const placeOf = (node: Node) => `${file}:${text.slice(0, node.start).split('\n').length}`;
  const walk = (node: Node): void => {
    let inner: readonly unknown[] = Object.values(node);
    if (node.type === 'NewExpression' && isNode(node.callee) && node.callee.name === 'SluiceError') {
      const [code, facts, extras] = node.arguments as Node[];
      const name = codeOf(code);
      if (name !== null) {
        raised.push({
          code: name,
          place: placeOf(node),
          facts: facts === undefined ? [] : factNames(facts),
          status: extras === undefined ? null : statusOf(extras),
        });
        inner = (node.arguments as Node[]).slice(1);
      }
    }
    const mentioned = codeOf(node);
    if (mentioned !== null) raised.push({ code: mentioned, place: placeOf(node), facts: null, status: null });
    for (const value of inner) {
      for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) walk(child);
    }
  };
  walk(program);
  return raised;
}

function codeOf(node: unknown): ErrorCode | null {
  if (!isNode(node) || node.type !== 'Literal' || typeof node.value !== 'string') return null;
  return known.has(node.value) ? (node.value as ErrorCode) : null;
}

/** Names written in an object literal; those that come by a spread are looked for in what is spread, and else not known. */
function factNames(node: Node): readonly string[] | null {
  if (node.type !== 'ObjectExpression') return null;
  const names: string[] = [];
  for (const property of node.properties as Node[]) {
    if (property.type !== 'Property' || !isNode(property.key)) continue;
    const { key } = property;
    names.push(String(key.name ?? key.value));
  }
  return names;
}

function statusOf(node: Node): number | null {
  if (node.type !== 'ObjectExpression') return null;
  for (const property of node.properties as Node[]) {
    const { key, value } = property as { key?: unknown; value?: unknown };
    if (isNode(key) && key.name === 'status' && isNode(value) && typeof value.value === 'number')
      return value.value;
  }
  return null;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';
}
