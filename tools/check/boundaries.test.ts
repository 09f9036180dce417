import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkBoundaries, formatViolation } from './boundaries.ts';
import { BOUNDARY_RULES } from './boundary-rules.ts';
import { importCycles } from './import-cycles.ts';

it('the project keeps its boundaries', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  expect(checkBoundaries(root).map(formatViolation)).toEqual([]);
});

/** A small healthy project, into which each test plants what it wants to see caught. */
const HEALTHY: Record<string, string> = {
  'package.json': JSON.stringify({ devDependencies: { vitest: '1.0.0' } }),
  'packages/core/package.json': JSON.stringify({ exports: { './*': './src/*.ts' } }),
  'packages/core/src/data/column.ts': 'export const column = 1;\n',
  'packages/contract/package.json': JSON.stringify({
    exports: { './*': './src/*.ts' },
    dependencies: { '@sluice/core': '0', typebox: '1' },
  }),
  'packages/contract/src/routes.ts': `import { Type } from 'typebox'; import { column } from '@sluice/core/data/column'; export const routes = Type(column);\n`,
  'packages/connectors/package.json': JSON.stringify({
    exports: { './bundle': './src/bundle.ts' },
    dependencies: { '@sluice/core': '0', pg: '8' },
    devDependencies: { '@types/pg-copy-streams': '1' },
  }),
  'packages/connectors/src/bundle.ts': `export const bundle = () => import('./postgres/index.ts');\n`,
  'packages/connectors/src/postgres/index.ts': `import pg from 'pg'; export const postgres = pg;\n`,
  'packages/server/package.json': JSON.stringify({
    exports: { './*': './src/*.ts' },
    dependencies: { '@sluice/core': '0', '@sluice/contract': '0', '@sluice/connectors': '0' },
  }),
  'packages/server/bin/sluice.js': `new URL('../src/main.ts', import.meta.url);\n`,
  'packages/server/src/main.ts': `import { config } from './config.ts'; import { routes } from './http/routes.ts'; import { bundle } from '@sluice/connectors/bundle'; new URL('./worker.ts', import.meta.url); routes(config, bundle);\n`,
  'packages/server/src/worker.ts': `import { log } from './telemetry/log.ts'; log();\n`,
  'packages/server/src/config.ts': 'export const config = 1;\n',
  'packages/server/src/telemetry/log.ts': 'export function log() {}\n',
  'packages/server/src/http/routes.ts': `import { routes as r } from '@sluice/contract/routes'; import { jobs } from '../jobs/jobs.ts'; import { log } from '../telemetry/log.ts'; export const routes = (..._: unknown[]) => [r, jobs, log];\n`,
  'packages/server/src/jobs/jobs.ts': `import type { Store } from '../store/store.ts'; export const jobs = (store: Store) => store;\n`,
  'packages/server/src/jobs/jobs.test.ts': `import { it } from 'vitest'; import { bundle } from '@sluice/connectors/bundle'; import { jobs } from './jobs.ts'; it('x', () => [bundle, jobs]);\n`,
  'packages/server/src/store/store.ts': 'export interface Store { a: 1 }\n',
  'tools/x/main.ts': `import { column } from '@sluice/core/data/column'; console.log(column);\n`,
};

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'sluice-boundaries-'));
  plant(HEALTHY);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function plant(files: Readonly<Record<string, string>>): void {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.join(root, path.dirname(file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
  }
}

const rules = { ...BOUNDARY_RULES, dataTables: {}, entries: ['packages/server/src/main.ts'] };
const found = (planted: Readonly<Record<string, string>> = {}, changed: Partial<typeof rules> = {}) => {
  plant(planted);
  return checkBoundaries(root, { ...rules, ...changed }).map(formatViolation);
};
/** Adds statements to a healthy file, so that a new file is not an orphan as well. */
const adding = (file: string, text: string) => ({ [file]: `${HEALTHY[file]}${text}\n` });

it('finds nothing in a healthy project', () => {
  expect(found()).toEqual([]);
});

describe('arrows between packages', () => {
  const column = 'packages/core/src/data/column.ts';
  it.each([
    ['an import', `import { routes } from '@sluice/contract/routes';`],
    ['a type', `import type { routes } from '@sluice/contract/routes';`],
    ['a type in the middle', `export type R = typeof import('@sluice/contract/routes');`],
    ['a lazy import', `export const later = () => import('@sluice/contract/routes');`],
    ['a re-export', `export { routes } from '@sluice/contract/routes';`],
    ['an old import', `import old = require('@sluice/contract/routes');`],
  ])('sees %s', (_what, text) => {
    expect(found(adding(column, text))).toContain(`${column}:2: package arrow: core may not import contract`);
  });

  it('sees connectors in a room', () => {
    expect(found(adding('packages/server/src/jobs/jobs.ts', `import '@sluice/connectors/bundle';`))).toEqual([
      'packages/server/src/jobs/jobs.ts:2: connectors: only packages/server/src/main.ts, packages/server/src/up.ts, packages/server/src/start-server.ts, packages/server/src/worker.ts and tests load connectors',
    ]);
  });

  it('sees a package that the table does not know', () => {
    plant({ 'packages/extra/package.json': '{}' });
    expect(found()).toEqual([`packages/extra: unknown place: the table of packages does not know "extra"`]);
  });

  it('sees a package that does not exist', () => {
    expect(found(adding(column, `import '@sluice/nowhere/x';`))).toContain(
      `${column}:2: unknown target: there is no package "nowhere"`,
    );
  });
});

describe('arrows between rooms', () => {
  it.each([
    ['store/store.ts', '../jobs/jobs.ts', 'store may not import jobs: it stands to its left'],
    ['jobs/jobs.ts', '../http/routes.ts', 'jobs may not import http: it stands to its left'],
    [
      'jobs/jobs.ts',
      '../config.ts',
      `only the files at the root of the server's sources import config; pass values in`,
    ],
    ['jobs/jobs.ts', '../main.ts', 'jobs may not import the files that put the rooms together'],
    ['telemetry/log.ts', '../store/store.ts', 'telemetry may not import store: it imports no other room'],
  ])('sees %s import %s', (file, target, message) => {
    const seen = found(adding(`packages/server/src/${file}`, `import type {} from '${target}';`));
    expect(seen).toContain(`packages/server/src/${file}:2: room arrow: ${message}`);
  });

  it('sees a room that the table does not know', () => {
    const file = 'packages/server/src/extra/thing.ts';
    expect(
      found({
        [file]: 'export {};\n',
        ...adding('packages/server/src/main.ts', `import './extra/thing.ts';`),
      }),
    ).toEqual([`${file}: unknown place: the table of the server's rooms does not know "extra"`]);
  });
});

describe('imports', () => {
  const column = 'packages/core/src/data/column.ts';

  it('sees a cycle, of types too', () => {
    const other = 'packages/core/src/data/row.ts';
    expect(
      found({
        ...adding(column, `import type { R } from './row.ts';`),
        [other]: `import type { C } from './column.ts';\n`,
      }),
    ).toEqual([`${column}: cycle: ${column} -> ${other} -> ${column}`]);
  });

  it.each([
    [`import '@sluice/core/src/data/column';`, '@sluice/core does not export "src/data/column"'],
    [`import '@sluice/core/data/column.ts';`, '@sluice/core does not export "data/column.ts"'],
    [`import '../../core/src/data/column.ts';`, '../../core/src/data/column.ts leaves the package'],
    [`import '@sluice/contract/routes';`, 'a package imports its own files by path'],
  ])('sees a deep import: %s', (text, message) => {
    const file = 'packages/contract/src/routes.ts';
    expect(found(adding(file, text))).toContain(`${file}:2: deep import: ${message}`);
  });

  it('sees an import of what a package does not export', () => {
    const file = 'packages/server/src/main.ts';
    expect(found(adding(file, `import '@sluice/connectors/postgres/index';`))).toEqual([
      `${file}:2: deep import: @sluice/connectors does not export "postgres/index"`,
    ]);
  });

  it('sees an import of a file that is not there', () => {
    const file = 'packages/contract/src/routes.ts';
    expect(found(adding(file, `import '@sluice/core/data/gone';`))).toEqual([
      `${file}:2: unknown target: there is no packages/core/src/data/gone.ts`,
    ]);
  });

  it('sees an import that cannot be followed', () => {
    expect(found(adding(column, 'export const any = (name: string) => import(name);'))).toEqual([
      `${column}:2: unknown target: an import whose target is computed cannot be checked`,
    ]);
  });

  it.each([
    ['a package', `import 'left-pad/x';`, 'left-pad'],
    ['a package with a scope', `import '@fastify/cors';`, '@fastify/cors'],
    ['a sibling', `import '@sluice/core/data/column';`, '@sluice/core'],
    ['a development dependency at run time', `import 'pg-copy-streams';`, 'pg-copy-streams'],
    ['a test tool in a source', `import 'vitest';`, 'vitest'],
  ])('sees %s that is not declared', (_what, text, name) => {
    const file = 'packages/connectors/src/postgres/index.ts';
    const dependencies = { dependencies: { pg: '8' }, devDependencies: { 'pg-copy-streams': '1' } };
    plant({
      'packages/connectors/package.json': JSON.stringify({
        exports: { './bundle': './src/bundle.ts' },
        ...dependencies,
      }),
    });
    expect(found(adding(file, text))).toEqual([
      `${file}:2: undeclared dependency: ${name} is not in packages/connectors/package.json`,
    ]);
  });

  it('lets code that only tests import use what tests may use', () => {
    const file = 'packages/server/src/jobs/sample.ts';
    const sample = `import { it } from 'vitest'; import { bundle } from '@sluice/connectors/bundle'; export const s = [it, bundle];\n`;
    const test = adding('packages/server/src/jobs/jobs.test.ts', `import './sample.ts';`);
    expect(found({ [file]: sample, ...test })).toEqual([]);
    expect(found(adding('packages/server/src/jobs/jobs.ts', `import './sample.ts';`))).toHaveLength(2);
  });

  it('takes types from a development dependency', () => {
    const file = 'packages/connectors/src/postgres/index.ts';
    expect(found(adding(file, `import type { CopyStreamQuery } from 'pg-copy-streams';`))).toEqual([]);
  });
});

describe('files', () => {
  const lines = (count: number) => 'export {};\n'.repeat(count);

  it('sees one that nothing imports', () => {
    const file = 'packages/core/src/data/unused.ts';
    expect(found({ [file]: 'export const unused = 1;\n' })).toEqual([
      `${file}: orphan: nothing but its own test imports it`,
    ]);
    expect(
      found({ 'packages/core/src/data/unused.test.ts': `import { unused } from './unused.ts';\n` }),
    ).toHaveLength(1);
    expect(found({ 'tools/x/main.ts': `import { unused } from '@sluice/core/data/unused';\n` })).toEqual([]);
  });

  it('sees a long one, and gives tests more room', () => {
    const [source, test] = ['packages/core/src/data/column.ts', 'packages/core/src/data/column.test.ts'];
    expect(found({ [source]: lines(450), [test]: lines(700) })).toEqual([]);
    expect(found({ [source]: lines(451), [test]: lines(701) })).toEqual([
      `${test}: too long: 701 lines, at most 700`,
      `${source}: too long: 451 lines, at most 450`,
    ]);
    expect(
      found({
        [source]: lines(1),
        [test]: lines(1),
        'tools/x/main.ts': `import '@sluice/core/data/column';\n${lines(450)}`,
      }),
    ).toEqual(['tools/x/main.ts: too long: 451 lines, at most 450']);
  });

  it('lets a table of data be long, but never longer', () => {
    const file = 'packages/core/src/data/column.ts';
    const allowed = (count: number) => ({ dataTables: { [file]: count } });
    expect(found({ [file]: lines(600) }, allowed(600))).toEqual([]);
    expect(found({ [file]: lines(601) }, allowed(600))).toEqual([
      `${file}: too long: 601 lines, at most 600`,
    ]);
    expect(found({ [file]: lines(590) }, allowed(600))).toEqual([
      `${file}: too long: has 590 lines now: lower its exception`,
    ]);
    expect(found({ [file]: lines(450) }, allowed(600))).toEqual([
      `${file}: too long: needs no exception any more: take it off the list`,
    ]);
  });

  it.each(['utils.ts', 'date-helpers.ts', 'common/x.ts', 'job-manager.ts'])(
    'sees a name that says nothing: %s',
    (name) => {
      const file = `packages/core/src/${name}`;
      const from = adding('tools/x/main.ts', `import '@sluice/core/${name.replace('.ts', '')}';`);
      expect(found({ [file]: 'export {};\n', ...from })).toEqual([
        expect.stringMatching(/^packages.*: name: "/),
      ]);
    },
  );

  it('takes a name that only contains such a word', () => {
    const from = adding('tools/x/main.ts', `import '@sluice/core/commonality';`);
    expect(found({ 'packages/core/src/commonality.ts': 'export {};\n', ...from })).toEqual([]);
  });

  it('sees a barrel', () => {
    const file = 'packages/core/src/all.ts';
    const from = adding('tools/x/main.ts', `import '@sluice/core/all';`);
    expect(
      found({
        [file]: `export * from './data/column.ts';\nexport { column } from './data/column.ts';\n`,
        ...from,
      }),
    ).toEqual([`${file}: barrel: import the file that owns the thing`]);
  });

  it('stops at a file that cannot be parsed', () => {
    expect(() => found({ 'packages/core/src/data/column.ts': 'export const = ;' })).toThrow(
      'packages/core/src/data/column.ts',
    );
  });
});

describe('importCycles', () => {
  it('finds each group once, and a file that imports itself', () => {
    const arrows = new Map([
      ['a', ['b']],
      ['b', ['c', 'd']],
      ['c', ['a']],
      ['d', ['e']],
      ['e', ['d']],
      ['f', ['f', 'a']],
    ]);
    const cycles = importCycles(arrows);
    expect(cycles).toContainEqual(['a', 'b', 'c', 'a']);
    expect(cycles).toContainEqual(['d', 'e', 'd']);
    expect(cycles).toContainEqual(['f', 'f']);
    expect(cycles).toHaveLength(3);
  });

  it('does not take two ways to one file for a cycle', () => {
    expect(
      importCycles(
        new Map([
          ['a', ['b', 'c']],
          ['b', ['d']],
          ['c', ['d']],
          ['d', []],
        ]),
      ),
    ).toEqual([]);
  });

  it('walks a long chain', () => {
    const names = Array.from({ length: 50_000 }, (_, index) => String(index));
    const arrows = new Map(
      names.map((name, index) => [name, index + 1 < names.length ? [String(index + 1)] : ['0']]),
    );
    expect(importCycles(arrows)).toHaveLength(1);
  });
});
