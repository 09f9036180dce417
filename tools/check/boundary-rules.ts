// The map of the project as tables. boundaries.ts checks the sources against them.

/** Which packages a package may import. A package that is missing here may not exist. */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  contract: ['core'],
  engine: ['core'],
  connectors: ['core'],
  server: ['core', 'contract', 'engine', 'connectors'],
  // The server serves what is bundled of it, as files, and imports nothing.
  console: ['contract'],
};

/** The server's rooms. One may import only what stands to its right. */
export const SERVER_ROOMS = [
  'http',
  'identity',
  'clusters',
  'jobs',
  'scheduler',
  'runs',
  'planner',
  'store',
  'secrets',
] as const;

/** Rooms outside that order. */
export const SERVER_SIDE_ROOMS = {
  /** Imported from anywhere; imports no room itself. */
  everywhere: ['telemetry'],
  /** Imported only by the files at the root of the server's sources, where the parts are put together. */
  wiringOnly: ['config', 'client'],
} as const;

/** The server knows connectors by their contract. Only these files, and tests, load the list of real ones. */
export const LOADS_CONNECTORS = [
  'packages/server/src/main.ts',
  'packages/server/src/up.ts',
  'packages/server/src/start-server.ts',
  'packages/server/src/worker.ts',
];

/** Files that are started or loaded from outside and so need not be imported. */
export const ENTRIES = [
  'packages/server/src/main.ts',
  'packages/server/src/worker.ts',
  'packages/console/src/explorer/main.tsx',
];

export const SOURCE_LINES_MAX = 450;
export const TEST_LINES_MAX = 700;

/** Files of data that are longer, with the length they may have. Only ever made shorter, or removed. */
export const DATA_TABLES: Readonly<Record<string, number>> = {};

/** Words that say nothing about what is inside. A helper gets the name of what it does. */
export const BANNED_WORDS = ['util', 'utils', 'helper', 'helpers', 'common', 'manager', 'managers'];

export interface BoundaryRules {
  readonly mayImport: Readonly<Record<string, readonly string[]>>;
  readonly entries: readonly string[];
  readonly loadsConnectors: readonly string[];
  readonly dataTables: Readonly<Record<string, number>>;
}

export const BOUNDARY_RULES: BoundaryRules = {
  mayImport: MAY_IMPORT,
  entries: ENTRIES,
  loadsConnectors: LOADS_CONNECTORS,
  dataTables: DATA_TABLES,
};
