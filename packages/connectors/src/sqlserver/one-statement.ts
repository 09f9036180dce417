// A batch of T-SQL needs nothing between its statements. What makes one statement of two is looked for here, in its words.

/** A word, a bracket or a sign outside of names, texts and comments, in upper case. */
export type Token = string;

const openers: Readonly<Record<string, string>> = { "'": "'", '"': '"', '[': ']' };

/**
 * The tokens of a batch; names in brackets and quotes are `[]`, texts `''`. Comments nest.
 * @returns null when a name, text or comment has no end.
 */
export function tokensOf(sql: string): readonly Token[] | null {
  const tokens: Token[] = [];
  let at = 0;
  while (at < sql.length) {
    const character = sql[at] as string;
    if (/\s/.test(character)) {
      at += 1;
      continue;
    }
    if (sql.startsWith('--', at)) {
      const end = sql.indexOf('\n', at);
      at = end < 0 ? sql.length : end + 1;
      continue;
    }
    if (sql.startsWith('/*', at)) {
      const end = endOfComment(sql, at);
      if (end === null) return null;
      at = end;
      continue;
    }
    const closer = openers[character];
    if (closer !== undefined) {
      const end = endOfQuoted(sql, at + 1, closer);
      if (end === null) return null;
      tokens.push(character === "'" ? "''" : '[]');
      at = end;
      continue;
    }
    const word = /^[\p{L}_@#$][\p{L}\p{N}_@#$]*|^\d[\w.]*/u.exec(sql.slice(at, at + 256))?.[0];
    tokens.push((word ?? character).toUpperCase());
    at += (word ?? character).length;
  }
  return tokens;
}

function endOfComment(sql: string, from: number): number | null {
  let depth = 0;
  for (let at = from; at < sql.length; at++) {
    if (sql.startsWith('/*', at)) {
      depth += 1;
      at += 1;
    } else if (sql.startsWith('*/', at)) {
      depth -= 1;
      at += 1;
      if (depth === 0) return at + 1;
    }
  }
  return null;
}

/** A closing sign twice is the sign itself. */
function endOfQuoted(sql: string, from: number, closer: string): number | null {
  for (let at = from; at < sql.length; at++) {
    if (sql[at] !== closer) continue;
    if (sql[at + 1] !== closer) return at + 1;
    at += 1;
  }
  return null;
}

/** Kinds of things that may be dropped `IF EXISTS`. */
const droppable: ReadonlySet<Token> = new Set([
  'AGGREGATE',
  'COLUMN',
  'CONSTRAINT',
  'DATABASE',
  'DEFAULT',
  'FUNCTION',
  'INDEX',
  'PROC',
  'PROCEDURE',
  'ROLE',
  'RULE',
  'SCHEMA',
  'SECURITY',
  'SEQUENCE',
  'SYNONYM',
  'TABLE',
  'TRIGGER',
  'TYPE',
  'USER',
  'VIEW',
]);

/**
 * Could the batch hold an IF of its own? Then the ELSE that is put behind it to see that it is one statement might belong to
 * that, with other statements ahead of it.
 */
export function mayBranch(tokens: readonly Token[]): boolean {
  return tokens.some((token, at) => {
    if (token !== 'IF') return false;
    return !(tokens[at + 1] === 'EXISTS' && droppable.has(tokens[at - 1] ?? ''));
  });
}
