import Type, { type Static } from 'typebox';
import { LinkIn } from './links.ts';
import { answer, flag, int32, int64, listOf, oneOfTexts, orNull, part, request, text } from './wire-types.ts';

// Answers of our own API on what is behind a link. Their members are in snake_case throughout.

/** What a link is tested for, in this order. */
export const linkStages = ['name', 'tcp', 'tls', 'login', 'read', 'create'] as const;

/** Kinds of values, whatever the database. */
export const neutralKinds = [
  'boolean',
  'integer',
  'decimal',
  'float',
  'text',
  'binary',
  'date',
  'time',
  'timestamp',
  'uuid',
  'json',
  'bits',
  'other',
] as const;

/** Rows of a preview. */
export const previewRows = { min: 1, max: 1_000, default: 100 } as const;

const purposeMembers = {
  is_destination: Type.Optional(
    flag('Whether jobs may write to the link: then the right to create tables is tested too.', {
      default: false,
    }),
  ),
  schema: Type.Optional(
    text('Schema in which tables would be created; for MySQL the database. Absent: any.', { maxLength: 256 }),
  ),
};

export const TestLinkRequest = request('TestLinkRequest', purposeMembers, 'May be absent.');
export type TestLinkRequest = Static<typeof TestLinkRequest>;

export const TestLinkDraftRequest = request(
  'TestLinkDraftRequest',
  { links: listOf(LinkIn, 'The link; one in a call.', { minItems: 1 }), ...purposeMembers },
  'A link that is not, or not yet, saved in this form.',
);
export type TestLinkDraftRequest = Static<typeof TestLinkDraftRequest>;

export const LinkTestStage = answer(
  'LinkTestStage',
  {
    stage: oneOfTexts(
      linkStages,
      'name: the host has addresses that may be connected to; tcp: a connection comes about; tls: it can be encrypted; login: the user may sign in; read: definitions can be read; create: tables may be created.',
    ),
    state: oneOfTexts(
      ['ok', 'failed', 'skipped'],
      'skipped: it does not apply to the link, or one before it failed.',
    ),
    ms: int32('Time that it took, in milliseconds; 0 when skipped.', { minimum: 0 }),
    finding: orNull(
      part({
        code: text('Error code.'),
        message: text('What is wrong.'),
        hint: text('What to do.'),
      }),
      'Why it failed; null: it did not.',
    ),
  },
  'One stage of a link test.',
);
export type LinkTestStage = Static<typeof LinkTestStage>;

export const TestLinkResponse = answer(
  'TestLinkResponse',
  {
    is_usable: flag('Whether no stage failed.'),
    ms: int32('Time of all stages together, in milliseconds.', { minimum: 0 }),
    stages: listOf(LinkTestStage, 'In the order in which they are tested.'),
  },
  'A link test by stages. A link that is not usable is an answer, not an error.',
);
export type TestLinkResponse = Static<typeof TestLinkResponse>;

const pageMembers = {
  total: int32('Entries on all pages together.'),
  page_no: int32('This page; the first is 1.'),
  page_size: int32('Entries on a page.'),
};

export const ListLinkSchemasResponse = answer(
  'ListLinkSchemasResponse',
  {
    schemas: listOf(text(), 'By name; for MySQL the databases. Those of the server itself are left out.'),
    ...pageMembers,
  },
  'Schemas that the user of a link sees.',
);
export type ListLinkSchemasResponse = Static<typeof ListLinkSchemasResponse>;

export const ListLinkTablesResponse = answer(
  'ListLinkTablesResponse',
  {
    tables: listOf(
      answer(
        'LinkTable',
        {
          name: text('Name as the database spells it.'),
          kind: oneOfTexts(['table', 'view', 'other']),
          rows_estimate: orNull(
            Type.Integer({ format: 'int64' }),
            "From the database's statistics; null: it has none.",
          ),
        },
        'A table or view.',
      ),
      'By name.',
    ),
    ...pageMembers,
  },
  'Tables and views of a schema.',
);
export type ListLinkTablesResponse = Static<typeof ListLinkTablesResponse>;

export const LinkColumn = answer(
  'LinkColumn',
  {
    name: text('Name as the database spells it.'),
    native_type: text("Type in the database's own words."),
    type: part(
      {
        kind: oneOfTexts(neutralKinds, 'other: it travels as its text.'),
        bits: Type.Optional(int32('Of integers and floats.')),
        is_unsigned: Type.Optional(flag('Of integers.')),
        precision: Type.Optional(orNull(Type.Integer({ format: 'int32' }), 'Of decimals; null: unbounded.')),
        scale: Type.Optional(orNull(Type.Integer({ format: 'int32' }), 'Of decimals; null: unbounded.')),
        length: Type.Optional(
          orNull(
            Type.Integer({ format: 'int64' }),
            'Of texts in characters, of binaries in bytes; null: unbounded.',
          ),
        ),
        is_fixed: Type.Optional(flag('Of texts: padded with blanks.')),
        fraction: Type.Optional(int32('Of times: digits after the second.')),
        is_zoned: Type.Optional(flag('Of times: with a time zone.')),
      },
      'Type without any database’s words.',
    ),
    is_nullable: flag('Whether it takes nulls.'),
    is_generated: flag('Whether the database fills it by itself and refuses values.'),
  },
  'A column of a table.',
);
export type LinkColumn = Static<typeof LinkColumn>;

export const ListLinkColumnsResponse = answer(
  'ListLinkColumnsResponse',
  {
    columns: listOf(LinkColumn, "In the table's own order."),
    primary_key: listOf(text(), 'Columns of the primary key in key order; empty: it has none.'),
    rows_estimate: orNull(
      Type.Integer({ format: 'int64' }),
      "From the database's statistics; null: it has none.",
    ),
    bytes_estimate: orNull(
      Type.Integer({ format: 'int64' }),
      "From the database's statistics; null: it has none.",
    ),
  },
  'Columns of a table or view.',
);
export type ListLinkColumnsResponse = Static<typeof ListLinkColumnsResponse>;

export const PreviewTableRequest = request(
  'PreviewTableRequest',
  {
    schema: text('Schema of the table; for MySQL the database.', { minLength: 1, maxLength: 256 }),
    table: text('Table or view.', { minLength: 1, maxLength: 256 }),
    rows_max: Type.Optional(
      int32('Rows at most; values outside the bounds are brought back to them.', {
        minimum: previewRows.min,
        maximum: previewRows.max,
        default: previewRows.default,
      }),
    ),
  },
  'A table to look into.',
);
export type PreviewTableRequest = Static<typeof PreviewTableRequest>;

export const PreviewTableResponse = answer(
  'PreviewTableResponse',
  {
    columns: listOf(LinkColumn, "In the table's own order."),
    rows: listOf(
      Type.Array(Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()])),
      'Values by column. Integers of up to 32 bits and floats are numbers; booleans are themselves; binary values are Base64; everything else is text as the database prints it, integers of 64 bits and decimals too.',
    ),
    row_count: int32('Rows in this answer.'),
    is_whole: flag('Whether the table has no more rows than these. All values together have 1 MB at most.'),
    cut_values: listOf(
      part({ row: int32('From 0.'), column: int32('From 0.') }),
      'Values that are longer than 4,096 characters, or bytes of a binary one, and were cut off there.',
    ),
    read_at: int64('Read at this time. Unix milliseconds.'),
  },
  'The first rows of a table, in no order of their own.',
);
export type PreviewTableResponse = Static<typeof PreviewTableResponse>;
