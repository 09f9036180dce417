import type { SourceOffer } from '@sluice/core/connector/contract';
import { describe, expect, it } from 'vitest';
import { chooseForm } from './choose-form.ts';
import type { TargetColumn } from './encode.ts';

const offer: SourceOffer = {
  columns: [
    {
      name: 'n',
      native: 'integer',
      type: { kind: 'integer', bits: 32, unsigned: false },
      isNullable: true,
      isGenerated: false,
    },
  ],
  forms: ['pgcopy-binary', 'rows'],
  sendAs: () => ({ cast: null }),
};
const target: TargetColumn = {
  name: 'n',
  dataType: 'int',
  columnType: 'int',
  fraction: 0,
  length: null,
  characterSet: null,
  refusesNull: false,
};

describe('the form of what is written', () => {
  it('is binary in bulk where the server offers it, and lines of LOAD DATA where it takes those', () => {
    const bulk = chooseForm({ offersBulk: true, takesLines: true }, offer, [target]);
    expect([bulk.projection.form, bulk.reason]).toEqual([
      'pgcopy-binary',
      expect.stringMatching(/as bulk commands/),
    ]);
    const lines = chooseForm({ offersBulk: false, takesLines: true }, offer, [target]);
    expect([lines.projection.form, lines.reason]).toEqual([
      'pgcopy-binary',
      expect.stringMatching(/as lines of LOAD DATA/),
    ]);
  });

  it('is rows where the server takes neither, and says why', () => {
    const rows = chooseForm({ offersBulk: false, takesLines: false }, offer, [target]);
    expect(rows.projection.form).toBe('rows');
    expect(rows.reason).toBe(
      'rows as INSERT statements: the server takes no bulk commands, which MariaDB does since 10.2, and no LOAD DATA from here (local_infile is off)',
    );
  });
});
