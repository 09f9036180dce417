import path from 'node:path';
import {
  BANNED_WORDS,
  BOUNDARY_RULES,
  type BoundaryRules,
  SERVER_ROOMS,
  SERVER_SIDE_ROOMS,
  SOURCE_LINES_MAX,
  TEST_LINES_MAX,
} from './boundary-rules.ts';
import { importCycles } from './import-cycles.ts';
import {
  type Manifest,
  packageNames,
  readManifest,
  resolveExport,
  sourceFilesBelow,
} from './project-files.ts';
import { type Import, readSourceFile, type SourceFile } from './source-file.ts';

export type BoundaryRule =
  | 'package arrow'
  | 'room arrow'
  | 'connectors'
  | 'cycle'
  | 'deep import'
  | 'unknown target'
  | 'undeclared dependency'
  | 'orphan'
  | 'too long'
  | 'name'
  | 'barrel'
  | 'unknown place';

export interface Violation {
  readonly rule: BoundaryRule;
  readonly file: string;
  /** 0: the file as a whole. */
  readonly line: number;
  readonly message: string;
}

/** Folders beside `packages` whose files may import packages; only length and names are checked there. */
const OUTSIDE = ['tools', 'proofs', 'bench', 'conformance'];

/** Test code by its name: beside what it tests, or a suite that several test files run. */
const TEST_NAME = /\.(test|bench)\.tsx?$|-suite\.ts$|\/contract-suite\//;

/** Checks all sources below `root`. Sorted by file and line; empty when all is well. */
export function checkBoundaries(root: string, rules: BoundaryRules = BOUNDARY_RULES): Violation[] {
  const violations = new BoundaryCheck(root, rules).run();
  return violations.sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
}

/** As a compiler would print it. */
export function formatViolation({ rule, file, line, message }: Violation): string {
  return `${file}${line > 0 ? `:${line}` : ''}: ${rule}: ${message}`;
}

interface Place {
  /** The package's folder name. */
  readonly package: string;
  /** In the server: the first folder below src; empty for files at the root of src. */
  readonly room: string;
}

class BoundaryCheck {
  readonly #rules: BoundaryRules;
  readonly #violations: Violation[] = [];
  readonly #files = new Map<string, SourceFile>();
  readonly #manifests = new Map<string, Manifest>();
  readonly #rootManifest: Manifest;
  /** By file, the files it imports. */
  readonly #arrows = new Map<string, string[]>();
  /** Test code by name, and what only test code imports: samples, doubles. */
  readonly #tests: ReadonlySet<string>;

  constructor(root: string, rules: BoundaryRules) {
    this.#rules = rules;
    this.#rootManifest = readManifest(root, '');
    const folders = ['packages', ...OUTSIDE];
    for (const file of folders.flatMap((folder) => sourceFilesBelow(root, folder))) {
      this.#files.set(file, readSourceFile(root, file));
    }
    for (const name of packageNames(root)) this.#manifests.set(name, readManifest(root, `packages/${name}`));
    for (const { path: file, imports } of this.#files.values()) {
      const targets = imports.map(({ specifier }) => this.#resolve(file, specifier));
      this.#arrows.set(
        file,
        targets.filter((target) => target !== null && this.#files.has(target)) as string[],
      );
    }
    this.#tests = testCode(this.#arrows);
  }

  run(): Violation[] {
    for (const name of this.#manifests.keys()) {
      if (!this.#rules.mayImport[name]) {
        this.#report('unknown place', `packages/${name}`, 0, `the table of packages does not know "${name}"`);
      }
    }
    for (const file of this.#files.values()) {
      this.#checkForm(file);
      this.#checkRoom(file);
      for (const one of file.imports) this.#checkImport(file.path, one);
    }
    this.#checkRatchet();
    this.#checkOrphans();
    for (const cycle of importCycles(this.#arrows))
      this.#report('cycle', cycle[0] ?? '', 0, cycle.join(' -> '));
    return this.#violations;
  }

  #report(rule: BoundaryRule, file: string, line: number, message: string): void {
    this.#violations.push({ rule, file, line, message });
  }

  #checkForm(file: SourceFile): void {
    const isTest = this.#tests.has(file.path);
    const limit = this.#rules.dataTables[file.path] ?? (isTest ? TEST_LINES_MAX : SOURCE_LINES_MAX);
    if (file.lineCount > limit)
      this.#report('too long', file.path, 0, `${file.lineCount} lines, at most ${limit}`);
    for (const part of file.path.split('/')) {
      const banned = part
        .toLowerCase()
        .split(/[^a-z]+/)
        .find((word) => BANNED_WORDS.includes(word));
      if (banned) this.#report('name', file.path, 0, `"${banned}" does not say what is inside`);
    }
    if (file.path.startsWith('packages/') && file.isBarrel) {
      this.#report('barrel', file.path, 0, 'import the file that owns the thing');
    }
  }

  #checkRoom({ path: file }: SourceFile): void {
    const place = placeOf(file);
    if (place?.package !== 'server' || place.room === '') return;
    const known = [
      ...SERVER_ROOMS,
      ...SERVER_SIDE_ROOMS.everywhere,
      ...SERVER_SIDE_ROOMS.wiringOnly,
    ] as string[];
    if (!known.includes(place.room)) {
      this.#report('unknown place', file, 0, `the table of the server's rooms does not know "${place.room}"`);
    }
  }

  /** A list of exceptions may only shrink. */
  #checkRatchet(): void {
    for (const [file, allowed] of Object.entries(this.#rules.dataTables)) {
      const lines = this.#files.get(file)?.lineCount ?? 0;
      const normal = this.#tests.has(file) ? TEST_LINES_MAX : SOURCE_LINES_MAX;
      if (lines <= normal)
        this.#report('too long', file, 0, 'needs no exception any more: take it off the list');
      else if (lines < allowed)
        this.#report('too long', file, 0, `has ${lines} lines now: lower its exception`);
    }
  }

  #checkOrphans(): void {
    const wanted = new Set<string>(this.#rules.entries);
    for (const [file, targets] of this.#arrows) {
      for (const target of targets) if (!isTestOf(file, target)) wanted.add(target);
    }
    for (const { path: file } of this.#files.values()) {
      const isSource = placeOf(file) !== null && !this.#tests.has(file);
      if (isSource && !wanted.has(file))
        this.#report('orphan', file, 0, 'nothing but its own test imports it');
    }
  }

  /** Where an import leads: a path from the root, there or not; null when it leads to none of our packages. */
  #resolve(file: string, specifier: string | null): string | null {
    if (specifier?.startsWith('.')) return path.posix.join(path.posix.dirname(file), specifier);
    const [, sibling = '', rest = ''] = /^@sluice\/([^/]+)(?:\/(.*))?$/.exec(specifier ?? '') ?? [];
    const exported = resolveExport(this.#manifests.get(sibling) ?? {}, `./${rest}`);
    return exported === null ? null : path.posix.join('packages', sibling, exported);
  }

  #checkImport(file: string, { specifier, line, isTypeOnly }: Import): void {
    const place = placeOf(file);
    if (!place || specifier?.startsWith('node:')) return;
    const report = (rule: BoundaryRule, message: string) => this.#report(rule, file, line, message);
    if (specifier === null) {
      report('unknown target', 'an import whose target is computed cannot be checked');
      return;
    }
    const target = this.#resolve(file, specifier);
    if (specifier.startsWith('.')) {
      if (!target?.startsWith(`packages/${place.package}/src/`)) {
        report('deep import', `${specifier} leaves the package`);
      }
      if (place.package === 'server' && target) this.#checkRoomArrow(file, line, target);
      return;
    }
    const [, name = '', rest = ''] = /^((?:@[^/]+\/)?[^/]+)(?:\/(.*))?$/.exec(specifier) ?? [];
    this.#checkDeclared(file, line, place, name, isTypeOnly);
    const [, sibling] = /^@sluice\/(.+)$/.exec(name) ?? [];
    if (sibling !== undefined) this.#checkSibling(file, place, sibling, rest, target, report);
  }

  #checkSibling(
    file: string,
    place: Place,
    sibling: string,
    rest: string,
    target: string | null,
    report: (rule: BoundaryRule, message: string) => void,
  ): void {
    if (!this.#manifests.has(sibling)) {
      report('unknown target', `there is no package "${sibling}"`);
      return;
    }
    if (sibling === place.package) report('deep import', 'a package imports its own files by path');
    else if (!this.#rules.mayImport[place.package]?.includes(sibling)) {
      report('package arrow', `${place.package} may not import ${sibling}`);
    }
    const isLoader = this.#tests.has(file) || this.#rules.loadsConnectors.includes(file);
    if (sibling === 'connectors' && !isLoader) {
      report('connectors', `only ${this.#rules.loadsConnectors.join(', ')} and tests load connectors`);
    }
    if (target === null || rest.startsWith('src/') || rest.endsWith('.ts')) {
      report('deep import', `@sluice/${sibling} does not export "${rest}"`);
    } else if (!this.#files.has(target) && !target.endsWith('.json')) {
      report('unknown target', `there is no ${target}`);
    }
  }

  #checkRoomArrow(file: string, line: number, target: string): void {
    const [from, to] = [placeOf(file)?.room, placeOf(target)?.room];
    // Files at the root of the sources put the rooms together and may import all of them.
    if (from === undefined || to === undefined || from === '' || from === to) return;
    const order: readonly string[] = SERVER_ROOMS;
    const report = (message: string) => this.#report('room arrow', file, line, message);
    if (to === '') report(`${from} may not import the files that put the rooms together`);
    else if ((SERVER_SIDE_ROOMS.wiringOnly as readonly string[]).includes(to)) {
      report(`only the files at the root of the server's sources import ${to}; pass values in`);
    } else if ((SERVER_SIDE_ROOMS.everywhere as readonly string[]).includes(to)) return;
    else if (!order.includes(from)) report(`${from} may not import ${to}: it imports no other room`);
    else if (order.includes(to) && order.indexOf(to) < order.indexOf(from)) {
      report(`${from} may not import ${to}: it stands to its left`);
    }
  }

  /** npm links all packages at the root, so that an undeclared import works until the package moves out. */
  #checkDeclared(file: string, line: number, place: Place, name: string, isTypeOnly: boolean): void {
    const own = this.#manifests.get(place.package) ?? {};
    const declared = new Set(
      [own.dependencies, own.optionalDependencies, own.peerDependencies].flatMap((list) =>
        Object.keys(list ?? {}),
      ),
    );
    const forTools = Object.keys(own.devDependencies ?? {});
    if (isTypeOnly || this.#tests.has(file)) for (const one of forTools) declared.add(one);
    if (this.#tests.has(file))
      for (const one of Object.keys(this.#rootManifest.devDependencies ?? {})) declared.add(one);
    if (name === `@sluice/${place.package}` || declared.has(name)) return;
    const scoped = name.startsWith('@') ? name.slice(1).replace('/', '__') : name;
    if (isTypeOnly && declared.has(`@types/${scoped}`)) return;
    this.#report(
      'undeclared dependency',
      file,
      line,
      `${name} is not in packages/${place.package}/package.json`,
    );
  }
}

function placeOf(file: string): Place | null {
  const [, name, rest] = /^packages\/([^/]+)\/src\/(.+)$/.exec(file) ?? [];
  if (name === undefined || rest === undefined) return null;
  const [first = '', ...more] = rest.split('/');
  // A room may also be one file at the root: config.ts.
  const isWiring = (SERVER_SIDE_ROOMS.wiringOnly as readonly string[]).includes(first.replace(/\.ts$/, ''));
  return { package: name, room: more.length > 0 ? first : isWiring ? first.replace(/\.ts$/, '') : '' };
}

/** `x.test.ts`, `x.live.test.ts` and `x.bench.ts` beside `x.ts`: alone, they do not make it used. */
function isTestOf(file: string, target: string): boolean {
  const stem = target.replace(/\.tsx?$/, '');
  return file.startsWith(`${stem}.`) && TEST_NAME.test(file);
}

/** Test code by name, and every file of a package that nothing but test code imports, except through its own test. */
function testCode(arrows: ReadonlyMap<string, readonly string[]>): Set<string> {
  const importers = new Map<string, string[]>();
  for (const [file, targets] of arrows) {
    for (const target of targets) {
      if (!isTestOf(file, target)) importers.set(target, [...(importers.get(target) ?? []), file]);
    }
  }
  const tests = new Set([...arrows.keys()].filter((file) => TEST_NAME.test(file)));
  for (let before = -1; before !== tests.size; ) {
    before = tests.size;
    for (const [target, files] of importers) {
      if (placeOf(target) && files.every((file) => tests.has(file))) tests.add(target);
    }
  }
  return tests;
}
