import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  goText,
  hclText,
  javaText,
  jsonText,
  percentEncoded,
  phpText,
  pythonText,
  shellWord,
} from './literals.ts';

/** What ends literals, begins templates, comments or tags, hides, or has no width. */
const nasty = [
  '',
  '"',
  "'",
  '\\',
  '\\"',
  '\\u0022 + evil() + \\u0022',
  '\n',
  '\r\n',
  '\0' + '1',
  '\x1f7',
  '\x7f',
  '$x \x24{x} {$x} $(x) `x`',
  '$\x24{x} $$\x24{x} %{if x} %%{x} %%%{x}',
  "$& $1 $` $' $$",
  '#{x} */ // /* <!-- --> ?> <?php',
  '"""\'\'\'',
  '</script>',
  '\u202e\u2066\u200b\u00ad\ufeff\u2028\u2029\u0085',
  'Größe 数据 😀 𝒳 é',
  '\u00a0\u3000',
  '--flag',
  'JSON',
];

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.oneof(fc.constantFrom(...nasty), fc.string({ unit: 'grapheme' })), { maxLength: 6 })
    .map((parts) => parts.join('')),
  // Halves of pairs, which no encoding of a file can hold.
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 8 })
    .map((units) => String.fromCharCode(...units)),
);

const character = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\', $: '$' } as const;

/** Reads a literal as a language does: characters that need none stand for themselves, the rest by `escapes`. */
function read(literal: string, escapes: RegExp, codeOf: (code: string) => number): string {
  const inner = /^"([\s\S]*)"$/.exec(literal)?.[1] ?? expect.fail(`no literal: ${literal}`);
  let text = '';
  for (let at = 0; at < inner.length; ) {
    const char = inner[at] ?? '';
    if (char === '"' || char < ' ') expect.fail(`a bare ${JSON.stringify(char)} in ${literal}`);
    if (char !== '\\') {
      text += char;
      at += 1;
      continue;
    }
    const next = inner[at + 1] as keyof typeof character;
    escapes.lastIndex = at;
    const code = escapes.exec(inner)?.[0];
    if (code !== undefined) {
      text += String.fromCodePoint(codeOf(code));
      at += code.length;
    } else if (next in character) {
      text += character[next];
      at += 2;
    } else expect.fail(`an escape that is none in ${literal} at ${at}`);
  }
  return text;
}

const widths = /\\u[0-9a-f]{4}|\\U[0-9a-f]{8}/y;

const hexOf = (code: string) => Number.parseInt(code.replace(/[^0-9A-Fa-f]/g, ''), 16);

/** Java first replaces every `\u` that an even number of backslashes goes before, then looks for the literal's end. */
function readJava(literal: string): string {
  const translated = literal.replace(/(\\\\)|\\u+([0-9a-f]{4})/g, (_all, pair?: string, code?: string) =>
    pair === undefined ? String.fromCharCode(Number.parseInt(code ?? '', 16)) : pair,
  );
  return read(translated, /\\[0-7]{3}/y, (octal) => Number.parseInt(octal.slice(1), 8));
}

/** No `$` without a backslash may be left in PHP. */
function readPhp(literal: string): string {
  expect(literal.replace(/\\[\s\S]/g, '')).not.toContain('$');
  return read(literal, /\\u\{[0-9a-f]+\}/y, hexOf);
}

/** No template may begin anywhere. */
function readHcl(literal: string): string {
  expect(literal).not.toMatch(/[$%]\{/);
  return read(literal, widths, hexOf);
}

const languages: readonly [string, (text: string) => string, (literal: string) => string][] = [
  ['Java', javaText, readJava],
  ['Python', pythonText, (literal) => read(literal, widths, hexOf)],
  ['Go', goText, (literal) => read(literal, widths, hexOf)],
  ['PHP', phpText, readPhp],
  ['Terraform', hclText, readHcl],
  ['JSON', jsonText, (literal) => JSON.parse(literal) as string],
];

describe.each(languages)('a literal of %s', (_language, write, readBack) => {
  it.each(nasty)('says %j', (text) => {
    expect(readBack(write(text))).toBe(text);
  });

  it('says any text, on one line, with nothing that cannot be seen', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const literal = write(text);
        expect(literal).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
        expect(readBack(literal)).toBe(text.toWellFormed());
      }),
    );
  });
});

describe('a word of the shell', () => {
  it('has no quote that is not closed', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const word = shellWord(text);
        // Quoted stretches, with a backslash and a quote between them, and nothing else.
        expect(word).toMatch(/^'[^']*'(\\''[^']*')*$/);
        expect(word.slice(1, -1).replaceAll("'\\''", "'")).toBe(text);
      }),
    );
  });
});

describe('percent-encoding', () => {
  it('leaves letters, digits and four signs', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(percentEncoded(text)).toMatch(/^([A-Za-z0-9._~-]|%[0-9A-F]{2})*$/);
        expect(decodeURIComponent(percentEncoded(text))).toBe(text.toWellFormed());
      }),
    );
  });
});
