import type { Column, NeutralType } from '@sluice/core/data/column';
import { describe, expect, it } from 'vitest';
import { createTable, type TableDesign } from './ddl.ts';

function column(name: string, type: NeutralType, facts: Partial<Column> = {}): Column {
  return { name, native: 'foreign', type, isNullable: true, isGenerated: false, ...facts };
}

function design(sourceColumns: readonly Column[], facts: Partial<TableDesign> = {}): TableDesign {
  return {
    database: 'd`b',
    table: 't',
    sourceColumns,
    columnNames: sourceColumns.map((c) => c.name),
    sourcePrimaryKey: [],
    widensText: false,
    copiesNotNull: false,
    keyCollation: 'utf8mb4_bin',
    ...facts,
  };
}

const long: NeutralType = { kind: 'integer', bits: 64, unsigned: false };
function words(length: number | null): NeutralType {
  return { kind: 'text', length, fixed: false };
}

describe('createTable', () => {
  it('makes columns, key and quotes', () => {
    const { sql, losses } = createTable(
      design(
        [
          column('id', long, { isNullable: false }),
          column('a`b', words(20)),
          column('v', words(null), { isNullable: false }),
        ],
        {
          columnNames: ['key', 'a`b', 'v'],
          sourcePrimaryKey: ['id', 'a`b'],
        },
      ),
    );
    expect(sql).toBe(`CREATE TABLE \`d\`\`b\`.\`t\` (
  \`key\` BIGINT NOT NULL,
  \`a\`\`b\` VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  \`v\` LONGTEXT NULL,
  PRIMARY KEY (\`key\`, \`a\`\`b\`)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 ROW_FORMAT=DYNAMIC`);
    expect(losses).toEqual([]);
  });

  it('copies NOT NULL only when told to', () => {
    const columns = [column('v', long, { isNullable: false })];
    expect(createTable(design(columns)).sql).toContain('`v` BIGINT NULL');
    expect(createTable(design(columns, { copiesNotNull: true })).sql).toContain('`v` BIGINT NOT NULL');
  });

  it.each([
    ['a column without a length', [column('k', words(null))], ['k'], 'keyWithoutLength'],
    ['a key of more than 3,072 bytes', [column('k', words(769))], ['k'], 'keyTooLong'],
    ['a key column that is not moved', [column('v', long)], ['k'], 'keyNotMoved'],
  ])('leaves the key off, and says so, for %s', (_, columns, sourcePrimaryKey, kind) => {
    const { sql, losses } = createTable(design(columns, { sourcePrimaryKey }));
    expect(sql).not.toContain('PRIMARY KEY');
    expect(losses.map(({ kind }) => kind)).toEqual([kind]);
  });

  it('moves the longest columns out of the row until it fits', () => {
    const columns = [
      column('k', words(700)),
      column('a', words(9_000)),
      column('b', words(10_000)),
      column('c', words(3_000)),
    ];
    const { sql, losses } = createTable(design(columns, { sourcePrimaryKey: ['k'] }));
    expect(sql).toContain('`b` LONGTEXT');
    expect(sql).toContain('`a` VARCHAR(9000)');
    expect(sql).toContain('`k` VARCHAR(700)');
    expect(losses).toEqual([
      { column: 'b', kind: 'rowSize', from: 'foreign', to: 'VARCHAR(10000)', limit: 'LONGTEXT' },
    ]);
  });

  it('keeps spellings of its own family, and bit strings of varying length', () => {
    const { sql } = createTable(
      design([
        column('e', words(2), { native: "enum('a','bb')" }),
        column('m', words(16_777_215), { native: 'mediumtext' }),
        column('v', { kind: 'bits', length: 8 }, { native: 'bit varying(8)' }),
      ]),
    );
    expect(sql).toContain("`e` enum('a','bb') NULL");
    expect(sql).toContain('`m` mediumtext NULL');
    expect(sql).toContain('`v` VARCHAR(8) NULL');
  });
});
