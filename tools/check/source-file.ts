import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseSync } from 'rolldown/utils';

/** One mention of another module. */
export interface Import {
  /** As written; null when it is not a plain text and so cannot be followed. */
  readonly specifier: string | null;
  /** From 1. */
  readonly line: number;
  /** Only for the compiler: nothing is loaded. It counts as an arrow all the same. */
  readonly isTypeOnly: boolean;
}

/** What the boundary check knows of a file. */
export interface SourceFile {
  /** From the root of the project, with `/`. */
  readonly path: string;
  readonly lineCount: number;
  readonly imports: readonly Import[];
  /** Every statement hands on what another file owns. */
  readonly isBarrel: boolean;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [member: string]: unknown;
}

/** @throws when the file cannot be parsed. */
export function readSourceFile(root: string, file: string): SourceFile {
  const text = readFileSync(path.join(root, file), 'utf8');
  const { program, errors } = parseSync(file, text);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  const imports: Import[] = [];
  collect(program as unknown as Node, (specifier, start, isTypeOnly) => {
    imports.push({ specifier, line: text.slice(0, start).split('\n').length, isTypeOnly });
  });
  const body = program.body as unknown as Node[];
  return {
    path: file,
    lineCount: text.split('\n').length - (text.endsWith('\n') ? 1 : 0),
    imports,
    isBarrel:
      body.length > 0 &&
      body.every((node) => /^Export(All|Named)Declaration$/.test(node.type) && node.source),
  };
}

type Found = (specifier: string | null, start: number, isTypeOnly: boolean) => void;

/** Walks the whole tree: a type may name a module in the middle of an expression. */
function collect(node: Node, found: Found): void {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'ExportNamedDeclaration':
      if (isNode(node.source)) found(textOf(node.source), node.start, isTypeOnly(node));
      break;
    case 'ImportExpression':
      found(textOf(node.source), node.start, false);
      break;
    case 'TSImportType':
      found(textOf(node.source ?? node.argument), node.start, true);
      break;
    case 'TSExternalModuleReference':
      found(textOf(node.expression), node.start, false);
      break;
    case 'NewExpression':
      // `new URL('./worker.ts', import.meta.url)`: a file that another process or thread runs.
      if (isNode(node.callee) && node.callee.name === 'URL' && Array.isArray(node.arguments)) {
        const specifier = textOf(node.arguments[0]);
        if (node.arguments.length === 2 && specifier && /\.(ts|tsx|js)$/.test(specifier)) {
          found(specifier, node.start, false);
        }
      }
      break;
  }
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) collect(child, found);
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';
}

/** The plain text that a node is; a TSImportType wraps it in a TSLiteralType. */
function textOf(value: unknown): string | null {
  if (!isNode(value)) return null;
  if (value.type === 'TSLiteralType') return textOf(value.literal);
  return value.type === 'Literal' && typeof value.value === 'string' ? value.value : null;
}

function isTypeOnly(node: Node): boolean {
  if (node.importKind === 'type' || node.exportKind === 'type') return true;
  const names = Array.isArray(node.specifiers) ? node.specifiers.filter(isNode) : [];
  return names.length > 0 && names.every((name) => name.importKind === 'type' || name.exportKind === 'type');
}
