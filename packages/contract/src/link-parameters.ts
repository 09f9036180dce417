import { int32, text } from './wire-types.ts';

/** Page sizes of lists of names in our own API. */
export const namesPageSizes = { min: 1, max: 1_000, default: 100 } as const;

/** Parameters of our own API on links and what is behind them. */
export const linkParameters = {
  /** As LinkName, but no name stands for all. */
  OwnLinkName: {
    name: 'link_name',
    in: 'path',
    isRequired: true,
    description: 'Name of the link.',
    schema: text(),
    example: 'orders_mysql',
  },
  SchemaName: {
    name: 'schema',
    in: 'query',
    isRequired: true,
    description: 'Schema as the database spells it; for MySQL the database.',
    schema: text(),
    example: 'public',
  },
  TableName: {
    name: 'table',
    in: 'query',
    isRequired: true,
    description: 'Table or view as the database spells it.',
    schema: text(),
    example: 'orders',
  },
  NamesFilter: {
    name: 'filter',
    in: 'query',
    isRequired: false,
    description: 'Lists only what has this text in its name.',
    schema: text(),
    example: 'orders',
  },
  NamesPageNo: {
    name: 'page_no',
    in: 'query',
    isRequired: false,
    description: 'Page of the list, the first is 1.',
    schema: int32('', { minimum: 1, default: 1 }),
    example: 1,
  },
  NamesPageSize: {
    name: 'page_size',
    in: 'query',
    isRequired: false,
    description: 'Entries on a page; values outside the bounds are brought back to them.',
    schema: int32('', {
      minimum: namesPageSizes.min,
      maximum: namesPageSizes.max,
      default: namesPageSizes.default,
    }),
    example: 100,
  },
} as const;
