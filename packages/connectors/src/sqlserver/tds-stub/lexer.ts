import { ServerError } from './tokens.ts';

/** A piece of T-SQL. `word` in its own spelling; `name` was in brackets or quotes; `sign` is one operator or bracket. */
export interface Piece {
  readonly kind: 'word' | 'name' | 'text' | 'number' | 'sign';
  readonly value: string;
}

const forms: readonly (readonly [Piece['kind'] | 'blank', RegExp])[] = [
  ['blank', /\s+|--[^\n]*/y],
  ['text', /N?'((?:[^']|'')*)'/y],
  ['name', /\[((?:[^\]]|\]\])*)\]|"((?:[^"]|"")*)"/y],
  ['number', /0x[0-9a-fA-F]*|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y],
  ['word', /[\p{L}_@#$][\p{L}\p{N}_@#$]*/uy],
  ['sign', /<=|>=|<>|!=|[^\s]/y],
];

/** @throws 105, 113 for a text, name or comment without an end. */
export function lex(sql: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  while (at < sql.length) {
    if (sql.startsWith('/*', at)) {
      at = endOfComment(sql, at);
      continue;
    }
    const [kind, match] = next(sql, at);
    at += match[0].length;
    if (kind === 'blank') continue;
    if (kind === 'sign' && /['"[]/.test(match[0]))
      throw new ServerError(105, "Unclosed quotation mark after the character string ''.");
    pieces.push({ kind, value: pieceValue(kind, match) });
  }
  return pieces;
}

function next(sql: string, at: number): [Piece['kind'] | 'blank', RegExpExecArray] {
  for (const [kind, form] of forms) {
    form.lastIndex = at;
    const match = form.exec(sql);
    if (match !== null) return [kind, match];
  }
  throw new ServerError(102, 'Incorrect syntax.');
}

function pieceValue(kind: Piece['kind'], match: RegExpExecArray): string {
  if (kind === 'text') return (match[1] ?? '').replaceAll("''", "'").replace(/\\\r?\n/g, '');
  if (kind === 'name')
    return match[1] === undefined ? (match[2] ?? '').replaceAll('""', '"') : match[1].replaceAll(']]', ']');
  return match[0];
}

function endOfComment(sql: string, from: number): number {
  let depth = 0;
  for (let at = from; at < sql.length; at++) {
    const two = sql.slice(at, at + 2);
    if (two === '/*') depth += 1;
    if (two === '*/') depth -= 1;
    if (two === '/*' || two === '*/') at += 1;
    if (depth === 0) return at + 1;
  }
  throw new ServerError(113, "Missing end comment mark '*/'.");
}

export function isWord(piece: Piece | undefined, ...words: readonly string[]): boolean {
  return piece?.kind === 'word' && words.includes(piece.value.toUpperCase());
}

export function isSign(piece: Piece | undefined, sign: string): boolean {
  return piece?.kind === 'sign' && piece.value === sign;
}

/** The place of the bracket that closes the one at `open`. @throws 102. */
export function closing(pieces: readonly Piece[], open: number): number {
  let depth = 0;
  for (let at = open; at < pieces.length; at++) {
    if (isSign(pieces[at], '(')) depth += 1;
    if (isSign(pieces[at], ')')) depth -= 1;
    if (depth === 0) return at;
  }
  throw new ServerError(102, "Incorrect syntax near '('.");
}

/** The pieces between these brackets, parted at commas of their own level. */
export function listOf(pieces: readonly Piece[], open: number, close: number): Piece[][] {
  const parts: Piece[][] = [[]];
  let depth = 0;
  for (const piece of pieces.slice(open + 1, close)) {
    if (isSign(piece, '(')) depth += 1;
    if (isSign(piece, ')')) depth -= 1;
    if (depth === 0 && isSign(piece, ',')) parts.push([]);
    else parts.at(-1)?.push(piece);
  }
  return parts;
}

/** A name of one or two parts. @returns where it ends; null: there is none here. */
export function nameAt(
  pieces: readonly Piece[],
  at: number,
): { readonly schema: string; readonly name: string; readonly end: number } | null {
  const one = pieces[at];
  if (one?.kind !== 'name' && one?.kind !== 'word') return null;
  const two = pieces[at + 2];
  if (isSign(pieces[at + 1], '.') && (two?.kind === 'name' || two?.kind === 'word'))
    return { schema: one.value, name: two.value, end: at + 3 };
  return { schema: 'dbo', name: one.value, end: at + 1 };
}

/** Pieces as text again, for types: `decimal(10,2)`. */
export function typeText(pieces: readonly Piece[]): string {
  return pieces.map(({ value }) => value.toLowerCase()).join('');
}
