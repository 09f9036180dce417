import { expect, test } from 'vitest';
import { columnNamed } from './column-named.ts';

const columns = ['id', 'Id', 'NAME', 'straße'].map((name) => ({ name }));

test.each([
  ['id', 'id'],
  ['Id', 'Id'],
  ['name', 'NAME'],
  ['STRASSE', undefined],
  ['Straße', 'straße'],
  // Two could be meant.
  ['ID', undefined],
  ['', undefined],
  ['name ', undefined],
])('%j is %j', (name, found) => {
  expect(columnNamed(columns, name)?.name).toBe(found);
});
