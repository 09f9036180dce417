// Data types of MySQL, by how a value of theirs is written; names as information_schema has them.

export const approximateTypes: ReadonlySet<string> = new Set(['float', 'double']);

export const binaryTypes: ReadonlySet<string> = new Set([
  'binary',
  'varbinary',
  'tinyblob',
  'blob',
  'mediumblob',
  'longblob',
]);

export const textTypes: ReadonlySet<string> = new Set([
  'char',
  'varchar',
  'tinytext',
  'text',
  'mediumtext',
  'longtext',
  'enum',
  'set',
  'json',
  'uuid',
  'inet4',
  'inet6',
]);
