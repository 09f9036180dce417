/** What a piece of source is, as far as its colour goes. */
export type TokenKind = 'plain' | 'comment' | 'string' | 'number' | 'keyword' | 'name' | 'type';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

/** How the words of a language are told apart. Enough for colours; it is no parser. */
interface Grammar {
  readonly comment: string;
  readonly string: string;
  readonly keywords: ReadonlySet<string>;
  /** Names in capitals are types. */
  readonly hasTypes: boolean;
}

const doubleQuoted = String.raw`"(?:[^"\\\n]|\\.)*"?`;
const singleQuoted = String.raw`'(?:[^'\\\n]|\\.)*'?`;
const hashComment = '#[^\\n]*';
const slashComment = String.raw`//[^\n]*|/\*[\s\S]*?(?:\*/|$)`;

const words = (text: string) => new Set(text.split(' '));

const grammars: Readonly<Record<string, Grammar>> = {
  json: { comment: '(?!)', string: doubleQuoted, keywords: words('true false null'), hasTypes: false },
  java: {
    comment: slashComment,
    string: `${doubleQuoted}|${singleQuoted}`,
    keywords: words(
      'abstract boolean break case catch class continue default do double else extends false final finally float for if implements import int interface long new null package private protected public return static super switch this throw throws true try void while var',
    ),
    hasTypes: true,
  },
  python: {
    comment: hashComment,
    string: `${doubleQuoted}|${singleQuoted}`,
    keywords: words(
      'and as assert class def del elif else except False finally for from global if import in is lambda None nonlocal not or pass raise return True try while with yield',
    ),
    hasTypes: true,
  },
  go: {
    comment: slashComment,
    string: `${doubleQuoted}|\`[^\`]*\`?`,
    keywords: words(
      'break case chan const continue default defer else fallthrough for func go goto if import interface map nil package range return select struct switch true false type var string int32 int64 bool error any',
    ),
    hasTypes: true,
  },
  nodejs: {
    comment: slashComment,
    string: `${doubleQuoted}|${singleQuoted}|\`(?:[^\`\\\\]|\\\\.)*\`?`,
    keywords: words(
      'async await break case catch class const continue default delete else export extends false finally for from function if import in instanceof let new null of return static super switch this throw true try typeof undefined var void while yield',
    ),
    hasTypes: true,
  },
  php: {
    comment: `${slashComment}|${hashComment}`,
    string: `${doubleQuoted}|${singleQuoted}`,
    keywords: words(
      'array as break case catch class const continue declare default do echo else elseif false final finally for foreach function if implements instanceof interface namespace new null print private protected public require require_once return static switch throw true try use while php',
    ),
    hasTypes: true,
  },
  curl: {
    comment: String.raw`(?<=^|\n|\s)#[^\n]*`,
    string: `${doubleQuoted}|'[^']*'?`,
    keywords: words('set if then else fi for do done while case esac in printf curl date openssl cut'),
    hasTypes: false,
  },
  terraform: {
    comment: `${slashComment}|${hashComment}`,
    string: doubleQuoted,
    keywords: words(
      'resource provider terraform variable output data locals module true false null required_providers',
    ),
    hasTypes: false,
  },
};

/** Cuts source into coloured pieces; joined again they are the source. Pure. */
export function highlighted(source: string, language: string): Token[] {
  const grammar = grammars[language];
  if (grammar === undefined) return [{ kind: 'plain', text: source }];
  const pattern = new RegExp(
    `(?<comment>${grammar.comment})|(?<string>${grammar.string})|(?<number>(?:(?<=[\\s:[,(=])-)?\\b\\d[\\d_.]*(?:[eE][+-]?\\d+)?[lLfF]?\\b)|(?<word>[A-Za-z_$][\\w$]*)`,
    'g',
  );
  const tokens: Token[] = [];
  let at = 0;
  const push = (kind: TokenKind, text: string) => {
    const last = tokens.at(-1);
    if (text === '') return;
    if (last?.kind === kind) tokens[tokens.length - 1] = { kind, text: last.text + text };
    else tokens.push({ kind, text });
  };
  for (const match of source.matchAll(pattern)) {
    push('plain', source.slice(at, match.index));
    at = match.index + match[0].length;
    push(kindOf(match, source, at, language, grammar), match[0]);
  }
  push('plain', source.slice(at));
  return tokens;
}

function kindOf(
  match: RegExpExecArray,
  source: string,
  end: number,
  language: string,
  grammar: Grammar,
): TokenKind {
  const { comment, string, number, word } = match.groups ?? {};
  if (comment !== undefined) return 'comment';
  // A member's name of JSON is a text before a colon.
  if (string !== undefined)
    return language === 'json' && /^\s*:/.test(source.slice(end, end + 40)) ? 'name' : 'string';
  if (number !== undefined) return 'number';
  if (word === undefined) return 'plain';
  if (grammar.keywords.has(word)) return 'keyword';
  return grammar.hasTypes && /^[A-Z][A-Za-z0-9]*[a-z]/.test(word) ? 'type' : 'plain';
}
