import { describe, expect, it } from 'vitest';
import { errorCatalogue } from './catalogue.ts';
import { type ErrorCode, errorCodes } from './codes.ts';
import { refusedSignIn, refusedSignInPrefix, withCanonicalRequest } from './gateway-texts.ts';
import { renderError, unknownToSluiceError } from './render-error.ts';
import { Fenced, SluiceError } from './sluice-error.ts';

const languages = ['en', 'zh'] as const;

const messageOf = (code: ErrorCode, facts = {}, language: 'en' | 'zh' = 'en') =>
  renderError(new SluiceError(code, facts), language).message;

/** Every way of leaving facts out. */
function* subsetsOf(names: readonly string[]): Generator<Record<string, string>> {
  for (let bits = 0; bits < 2 ** names.length; bits++) {
    yield Object.fromEntries(names.filter((_, i) => (bits >> i) & 1).map((name) => [name, `<${name}>`]));
  }
}

describe('renderError', () => {
  it.each(errorCodes)('%s stays a whole sentence whichever facts are missing', (code) => {
    for (const facts of subsetsOf(errorCatalogue[code].facts)) {
      for (const language of languages) {
        const message = messageOf(code, facts, language);
        expect(message, message).not.toMatch(/[{}]/);
        expect(message, 'no hole in the sentence').not.toMatch(
          / {2}| [.,:;]|[:：，、,][.。]?$|[:：][.。]|undefined|null/,
        );
        expect(message, 'no word left hanging').not.toMatch(
          / (at|of|in|the|with|from|is|a) ?[.。]?$|[为的是][.。]?$/,
        );
        expect(message.length).toBeGreaterThan(3);
        if (language === 'zh') expect(message).toMatch(/[\u4e00-\u9fff]/u);
      }
    }
  });

  it.each(errorCodes)('%s shows every fact that it is given', (code) => {
    const facts = Object.fromEntries(errorCatalogue[code].facts.map((name) => [name, `<${name}>`]));
    for (const language of languages) {
      for (const value of Object.values(facts)) expect(messageOf(code, facts, language)).toContain(value);
    }
  });

  it('adds a cause that the text has no place for', () => {
    expect(messageOf('Cdm.0012', { cause: 'ORACLE' })).toBe(
      'There is no driver for this kind of database: ORACLE.',
    );
    expect(messageOf('Cdm.0012', { cause: 'ORACLE' }, 'zh')).toBe('没有可用于该类数据库的驱动：ORACLE。');
  });

  it('puts an explanation in the language of the message behind the text', () => {
    const facts = { name: 'p', explanationEn: 'Leave it out.', explanationZh: '请删除。' };
    expect(messageOf('Cdm.0014', facts)).toBe('Parameter p is not acceptable. Leave it out.');
    expect(messageOf('Cdm.0014', facts, 'zh')).toBe('参数 p 不可接受。请删除。');
  });

  it('makes one line of a cause, without a second full stop', () => {
    expect(messageOf('Cdm.0232', { cause: 'disk full.\n  LINE 1: COPY t' })).toBe(
      'Writing data failed: disk full. LINE 1: COPY t.',
    );
    expect(messageOf('Cdm.0232', { cause: 'disk full.' })).toBe('Writing data failed: disk full.');
  });

  it('lets no control character and no half character through', () => {
    expect(messageOf('Cdm.0232', { cause: 'a\u001b[31mb\u0000c' })).toBe('Writing data failed: a [31mb c.');
    expect(messageOf('Cdm.0232', { cause: '😀'.repeat(5000) }).isWellFormed()).toBe(true);
    expect(messageOf('Cdm.0232', { cause: `${'x'.repeat(999)}😀😀` }).isWellFormed()).toBe(true);
  });

  it('cuts a cause that is too long', () => {
    expect(messageOf('Cdm.0902', { cause: 'x'.repeat(100_000) }).length).toBeLessThan(1100);
  });

  it('takes a fact as it is: braces and dollar signs in it are text', () => {
    expect(messageOf('Cdm.0101', { link: '{job}$&$1' })).toBe('The link {job}$&$1 does not exist.');
  });

  it('takes no fact from the prototype', () => {
    expect(messageOf('Cdm.0101', Object.create({ link: 'inherited' }))).toBe('The link does not exist.');
  });

  it("takes the error's own status before the catalogue's", () => {
    expect(renderError(new SluiceError('Cdm.0101', { link: 'a' }), 'en').status).toBe(404);
    expect(renderError(new SluiceError('Cdm.0101', { link: 'a' }, { status: 400 }), 'en').status).toBe(400);
  });

  it('writes a refused sign-in letter for letter as published', () => {
    expect(Object.values(refusedSignIn).map((cause) => messageOf('APIGW.0301', { cause }))).toEqual([
      'Incorrect IAM authentication information: verify aksk signature fail',
      'Incorrect IAM authentication information: AK access failed to reach the limit,forbidden',
      'Incorrect IAM authentication information: calc ak sk signature fail:signature expired',
      'Incorrect IAM authentication information: Get secretKey failed',
      'Incorrect IAM authentication information: decrypt token fail',
    ]);
    const whole = refusedSignInPrefix + refusedSignIn.keyUnknown;
    expect(messageOf('APIGW.0301', { cause: whole })).toBe(whole);
    expect(messageOf('APIGW.0301', { cause: refusedSignIn.keyUnknown }, 'zh')).toContain(
      'Get secretKey failed',
    );
    expect(messageOf('APIGW.0301', { cause: withCanonicalRequest('GET\n/v1.1/\n') })).toBe(
      'Incorrect IAM authentication information: verify aksk signature fail, canonicalRequest:GET|/v1.1/|',
    );
  });
});

describe('unknownToSluiceError', () => {
  it('keeps an error of ours, also as the cause of another', () => {
    const ours = new SluiceError('Cdm.0052', { job: 'j' });
    expect(unknownToSluiceError(ours)).toBe(ours);
    expect(unknownToSluiceError(new Error('outer', { cause: new Error('middle', { cause: ours }) }))).toBe(
      ours,
    );
  });

  it.each([
    new TypeError('Cannot read /srv/secret/path'),
    new Error('password=hunter2', { cause: new Error('SELECT secret') }),
    'hunter2',
    null,
    undefined,
    { toString: () => 'hunter2' },
  ])('lets nothing of %s through', (thrown) => {
    const error = unknownToSluiceError(thrown);
    const rendered = renderError(error, 'en');
    expect(rendered).toMatchObject({ code: 'Cdm.0000', status: 500 });
    expect(`${JSON.stringify(rendered)} ${error.stack} ${JSON.stringify(error)}`).not.toMatch(
      /secret|hunter2/,
    );
    expect(error.cause).toBeUndefined();
  });

  it('ends on a chain of causes that closes on itself', () => {
    const a = new Error('a');
    const b = new Error('b', { cause: a });
    a.cause = b;
    expect(unknownToSluiceError(b).code).toBe('Cdm.0000');
  });

  it('says of a fenced attempt only that another one has taken over', () => {
    const rendered = renderError(unknownToSluiceError(new Fenced('run 4711 on host x')), 'en');
    expect(rendered).toMatchObject({ code: 'Cdm.0036', status: 500 });
    expect(rendered.message).not.toContain('4711');
  });
});

it('names settings that there are not in brackets, as published', () => {
  const error = new SluiceError('Cdm.0089', { names: 'fromJobConfig.a, toJobConfig.b' });
  expect(renderError(error, 'en').message).toBe(
    'The connector has no setting [fromJobConfig.a, toJobConfig.b].',
  );
  expect(renderError(error, 'zh').message).toContain('[fromJobConfig.a, toJobConfig.b]');
});
