/** A statement as Oracle takes it, or why it is not one. */
export interface StatementText {
  readonly text: string;
  readonly refusal: string | null;
}

/** Statements whose semicolons are their own: blocks of PL/SQL, and what is made of them. */
const blockForm =
  /^(?:begin|declare|<<|create\s+(?:or\s+replace\s+)?(?:(?:non)?editionable\s+)?(?:function|procedure|package|trigger|type|library)\b|with\s+(?:function|procedure)\b)/i;
const selectForm = /^(?:select|with)\b/i;

/**
 * The text of a user's statement: without the semicolon that people put at its end, which Oracle refuses but for blocks, which
 * it wants there. Two statements are told by a semicolon between them; Oracle itself runs one statement of a text at most.
 */
export function statementOf(sql: string): StatementText {
  const parts = scan(sql);
  const begun = parts.code.trim();
  if (begun === '') return { text: sql, refusal: 'it is empty' };
  const refuse = (refusal: string): StatementText => ({ text: sql, refusal });
  if (parts.isOpen) return refuse('a quote or a comment in it does not end');
  if (parts.hasPlace) return refuse('it has a place for a value');
  if (blockForm.test(begun)) return { text: sql.trim().replace(/\n\s*\/\s*$/, ''), refusal: null };
  if (selectForm.test(begun)) return refuse('it only reads');
  const ends = parts.semicolons;
  if (ends.length === 0) return { text: sql, refusal: null };
  const [first = 0] = ends;
  if (parts.code.slice(first).replaceAll(';', '').trim() !== '')
    return refuse('it is more than one statement');
  return { text: sql.slice(0, first), refusal: null };
}

interface Scan {
  /** The text with quoted parts and comments blanked, of the same length. */
  readonly code: string;
  readonly semicolons: readonly number[];
  readonly isOpen: boolean;
  /** `:name` outside of quotes. */
  readonly hasPlace: boolean;
}

const closers: Readonly<Record<string, string>> = { '[': ']', '{': '}', '(': ')', '<': '>' };

/** Oracle's quotes and comments: `'…'` with doubled quotes, `q'[…]'` with a mark of choice, `"…"`, `--`, and block comments. */
function scan(sql: string): Scan {
  let code = '';
  const semicolons: number[] = [];
  let at = 0;
  let isOpen = false;
  const skipTo = (end: number): void => {
    isOpen ||= end < 0;
    const to = end < 0 ? sql.length : end;
    code += ' '.repeat(to - at);
    at = to;
  };
  const behind = (mark: string, from: number): number => {
    const found = sql.indexOf(mark, from);
    return found < 0 ? -1 : found + mark.length;
  };
  while (at < sql.length) {
    const two = sql.slice(at, at + 2);
    const one = sql[at] ?? '';
    if (two === '--') {
      const end = behind('\n', at);
      skipTo(end < 0 ? sql.length : end);
    } else if (two === '/*') skipTo(behind('*/', at + 2));
    else if (/^q'$/i.test(two) && !/[\w$#]/.test(sql[at - 1] ?? '')) {
      const mark = sql[at + 2] ?? '';
      skipTo(behind(`${closers[mark] ?? mark}'`, at + 3));
    } else if (one === "'" || one === '"') skipTo(behind(one, at + 1));
    else {
      if (one === ';') semicolons.push(at);
      code += one;
      at += 1;
    }
  }
  const hasPlace = /(?:^|[^:\w]):\s*[A-Za-z0-9]/.test(code) && !blockForm.test(code.trim());
  return { code, semicolons, isOpen, hasPlace };
}
