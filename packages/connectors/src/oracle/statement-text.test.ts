import { describe, expect, it } from 'vitest';
import { beginsAsQuery } from './query-source.ts';
import { statementOf } from './statement-text.ts';

describe('a statement of a user', () => {
  it.each([
    ["INSERT INTO T VALUES ('a;b')", "INSERT INTO T VALUES ('a;b')"],
    ["UPDATE T SET C = 'it''s; so';", "UPDATE T SET C = 'it''s; so'"],
    ["DELETE FROM T WHERE C = q'[it's; so]' ; ", "DELETE FROM T WHERE C = q'[it's; so]' "],
    ['TRUNCATE TABLE T -- all; of it', 'TRUNCATE TABLE T -- all; of it'],
    ['BEGIN a; b; END;', 'BEGIN a; b; END;'],
    [
      'create or replace procedure p as begin null; end;',
      'create or replace procedure p as begin null; end;',
    ],
    ['/* first; */ DROP TABLE "x;y"', '/* first; */ DROP TABLE "x;y"'],
  ])('%s', (given, wanted) => {
    expect(statementOf(given)).toEqual({ text: wanted, refusal: null });
  });

  it.each([
    '',
    ' -- nothing',
    'DELETE FROM T; DELETE FROM U',
    "INSERT INTO T VALUES ('open",
    'DELETE FROM T /* open',
    'SELECT 1 FROM DUAL',
    'DELETE FROM T WHERE ID = :id',
  ])('is none: %s', (given) => {
    expect(statementOf(given).refusal).not.toBe(null);
  });

  it('a query begins as one', () => {
    for (const query of [
      'select 1 from dual',
      ' -- x\n /* y */ WITH a AS (SELECT 1 FROM DUAL) SELECT * FROM a',
    ])
      expect(beginsAsQuery(query)).toBe(true);
    for (const other of ['drop table t', 'purge recyclebin', '/* select */ truncate table t', 'selection'])
      expect(beginsAsQuery(other)).toBe(false);
  });
});
