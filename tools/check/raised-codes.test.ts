import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorCatalogue } from '@sluice/core/errors/catalogue';
import { type ErrorCode, errorCodes } from '@sluice/core/errors/codes';
import { unraisedCodes } from '@sluice/core/errors/unraised';
import { describe, expect, it } from 'vitest';
import { sourceFilesBelow } from './project-files.ts';
import { type RaisedCode, raisedCodes } from './raised-codes.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const raised = raisedCodes(root, sourceFilesBelow(root, 'packages'));

/** What any error may carry beside the facts of its text: renderError says what becomes of each. */
const generalFacts = new Set(['cause', 'detail', 'explanationEn', 'explanationZh']);

/** Codes that go out with more than one status, and why that is one meaning. */
const severalStatuses: Readonly<
  Partial<Record<ErrorCode, { readonly why: string; readonly statuses: readonly number[] }>>
> = {
  'APIGW.0201': {
    why: 'published so: one code for a request that is malformed, and the status says in what way',
    statuses: [413, 414],
  },
  'Cdm.0201': {
    why: 'published so: a node that is not there is a cluster that cannot be read, and gone',
    statuses: [404],
  },
  'Cdm.0017': { why: 'a full disk is no fault of the request; clients expect 500 for it', statuses: [500] },
  'Cdm.0100': {
    why: 'our own API answers 404 to everything that its path names and is not there',
    statuses: [404],
  },
  'Cdm.0101': {
    why: 'a link named in a path is gone (404, clients wait for it); named in a body, the body is wrong (400)',
    statuses: [400],
  },
};

function secondMeanings(places: readonly RaisedCode[]): readonly string[] {
  return places.flatMap(({ code, place, facts, status }) => {
    const entry = errorCatalogue[code];
    const strange = (facts ?? []).filter((fact) => !entry.facts.includes(fact) && !generalFacts.has(fact));
    const statuses = severalStatuses[code]?.statuses ?? [];
    return [
      ...strange.map((fact) => `${code} at ${place}: its text has no ${fact}`),
      ...(status === null || status === entry.status || statuses.includes(status)
        ? []
        : [`${code} at ${place}: ${status}, the catalogue says ${entry.status}`]),
    ];
  });
}

function markedWrongly(places: readonly RaisedCode[]): readonly string[] {
  const seen = new Set(places.map(({ code }) => code));
  return errorCodes.flatMap((code) => {
    const isMarked = unraisedCodes[code] !== undefined;
    if (seen.has(code) && isMarked) return [`${code} is marked as never raised, and is`];
    if (!seen.has(code) && !isMarked) return [`${code} is never raised, and not marked so`];
    return [];
  });
}

describe('error codes of the catalogue', () => {
  it('are raised somewhere, or marked with the reason why not', () => {
    expect(markedWrongly(raised)).toEqual([]);
  });

  it('have one meaning: the facts that their text names, and one status but for the list', () => {
    expect(secondMeanings(raised)).toEqual([]);
  });

  it('are all documented, in both languages, with whether this version raises them', () => {
    for (const [page, word] of [
      ['errors.md', 'no:'],
      ['errors.zh-CN.md', '否：'],
    ] as const) {
      const text = readFileSync(path.join(root, 'docs/reference', page), 'utf8');
      for (const code of errorCodes) {
        const line = text.split('\n').find((each) => each.startsWith(`| \`${code}\` |`));
        expect(line, `${page} ${code}`).toBeDefined();
        expect(line?.includes(`| ${word}`), `${page} ${code}`).toBe(unraisedCodes[code] !== undefined);
      }
    }
  });

  it('have no stale exception', () => {
    for (const [code, { statuses }] of Object.entries(severalStatuses)) {
      const used = new Set(raised.filter((each) => each.code === code).map(({ status }) => status));
      for (const status of statuses) expect(used, `${code} ${status}`).toContain(status);
    }
  });
});

describe('a planted fault', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-codes-'));
  const planted = (text: string): readonly RaisedCode[] => {
    mkdirSync(path.join(folder, 'packages/core/src'), { recursive: true });
    writeFileSync(path.join(folder, 'packages/core/src/a.ts'), text);
    try {
      return raisedCodes(folder, ['packages/core/src/a.ts']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  };

  it('is seen: a code raised although it is marked, and one that nobody raises', () => {
    expect(markedWrongly([...raised, ...planted(`throw new SluiceError('Cdm.1501', {});`)])).toEqual([
      'Cdm.1501 is marked as never raised, and is',
    ]);
    expect(markedWrongly(raised.filter(({ code }) => code !== 'Cdm.0052'))).toEqual([
      'Cdm.0052 is never raised, and not marked so',
    ]);
  });

  it('is seen: a second meaning', () => {
    const strange = planted(`throw new SluiceError('Cdm.0052', { link: 'x', ...more }, { status: 409 });`);
    expect(secondMeanings(strange)).toEqual([
      'Cdm.0052 at packages/core/src/a.ts:1: its text has no link',
      'Cdm.0052 at packages/core/src/a.ts:1: 409, the catalogue says 400',
    ]);
  });
});
