import { appendFileSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RunLogs, runLogLimits } from './run-logs.ts';
import { Secret } from './secret.ts';

let folder: string;
let logs: RunLogs;
let errors: unknown[];
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'sluice-run-logs-')), 'runs');
  errors = [];
  logs = new RunLogs(
    folder,
    () => 1_800_000_000_000,
    (error) => errors.push(error),
  );
});
afterEach(() => {
  rmSync(join(folder, '..'), { recursive: true });
});

const fileOf = (run: string) => join(folder, `${run}.log`);

describe('logs of runs', () => {
  test('are one file for each run, of the lines that say which run they are about', async () => {
    logs.hear('info', 'run.taken', { run: 'r1', job: 'j' });
    logs.hear('warn', 'run.tried-again', { run: 'r2', why: 'gone' });
    logs.hear('info', 'server.listening', { address: 'x' });
    logs.note('r1', 'slice.done', { slice: 3 });
    await logs.flush();
    const part = await logs.read('r1', 0);
    expect(part.lines).toEqual([
      { at: 1_800_000_000_000, level: 'info', event: 'run.taken', fields: { job: 'j' } },
      { at: 1_800_000_000_000, level: 'info', event: 'slice.done', fields: { slice: 3 } },
    ]);
    expect(part).toMatchObject({ offset: 0, nextOffset: part.size });
    expect((await logs.read('r2', 0)).lines).toMatchObject([{ level: 'warn', event: 'run.tried-again' }]);
    expect(await logs.read('r3', 0)).toEqual({ lines: [], offset: 0, nextOffset: 0, size: 0 });
    expect(errors).toEqual([]);
  });

  test('a hostile value cannot make a line of its own, nor a secret come through', async () => {
    const hostile =
      'x"}\n{"time":"2027-01-01T00:00:00.000Z","level":"error","event":"run.ended","state":"succeeded"}\r\n\u2028\u001b[2J\u009b2J\u202e';
    logs.note('r', 'run.line', {
      line: hostile,
      [hostile]: 1,
      password: 'hunter2',
      deep: new Secret('hunter2'),
    });
    await logs.flush();
    const text = readFileSync(fileOf('r'), 'utf8');
    expect(text.split('\n')).toHaveLength(2);
    expect(text).not.toContain('hunter2');
    // Nothing that a terminal obeys.
    const obeyed = [...text.slice(0, -1)].filter((character) =>
      /\p{Cc}|\p{Bidi_Control}|\u2028|\u2029/u.test(character),
    );
    expect(obeyed).toEqual([]);
    const { lines } = await logs.read('r', 0);
    expect(lines).toHaveLength(1);
    expect(lines[0]?.fields.line).toBe(hostile);
  });

  test('an id that leads out of the folder is no run', async () => {
    for (const id of ['../evil', 'a/b', '', 'x'.repeat(65), 'a\0b']) {
      logs.note(id, 'run.line', { line: 'x' });
      expect((await logs.read(id, 0)).size).toBe(0);
    }
    await logs.flush();
    expect(errors).toEqual([]);
  });

  test('are read part by part, between lines whatever the offset, and by their tail', async () => {
    for (let i = 0; i < 5_000; i++) {
      logs.note('r', 'slice.done', { slice: i, label: 'é'.repeat(60) });
      if (i % 1_000 === 0) await logs.flush();
    }
    await logs.flush();
    const seen: unknown[] = [];
    let offset = 0;
    for (;;) {
      const part = await logs.read('r', offset);
      if (part.lines.length === 0) break;
      seen.push(...part.lines.map(({ fields }) => fields.slice));
      offset = part.nextOffset;
    }
    expect(seen).toEqual(Array.from({ length: 5_000 }, (_, i) => i));
    // In the middle of a line, even of a character: from the next one on.
    const [first] = (await logs.read('r', 301)).lines;
    expect(first?.event).toBe('slice.done');
    expect(first?.fields.slice).toBe(2);
    const tail = await logs.tail('r', 3);
    expect(tail.lines.map(({ fields }) => fields.slice)).toEqual([4_997, 4_998, 4_999]);
    expect(tail.nextOffset).toBe(tail.size);
    expect((await logs.read('r', tail.offset)).lines).toEqual(tail.lines);
    expect((await logs.tail('r', 1_000_000)).lines.length).toBeGreaterThan(100);
    expect((await logs.read('r', 1e12)).lines).toEqual([]);
  });

  test('have an end: a full file takes the last words only, a line has a longest length', async () => {
    const text = 'x'.repeat(8_000);
    for (let i = 0; i * 8_000 < runLogLimits.fileBytesMax + 100_000; i++) {
      logs.note('r', 'run.line', { line: text });
      if (i % 50 === 0) await logs.flush();
    }
    await logs.flush();
    for (let i = 0; i < 50; i++) logs.note('r', 'run.line', { line: text });
    logs.note('r', 'run.ended', { state: 'failed' });
    await logs.flush();
    const { lines, size } = await logs.tail('r', 3);
    expect(lines.map(({ event }) => event)).toEqual(['log.full', 'log.dropped', 'run.ended']);
    expect(lines[1]?.fields.lines).toBeGreaterThanOrEqual(50);
    expect(size).toBeLessThan(runLogLimits.fileBytesMax + 1_000_000);
    const many = Object.fromEntries(Array.from({ length: 90 }, (_, i) => [`m${i}`, 'y'.repeat(5_000)]));
    logs.note('r2', 'run.line', many);
    await logs.flush();
    expect((await logs.read('r2', 0)).lines).toMatchObject([
      { event: 'run.line', fields: { cut: expect.any(Number) } },
    ]);
  });

  test('what waits is bounded, and what was dropped is told', async () => {
    const text = 'x'.repeat(8_000);
    for (let i = 0; i < 1_000; i++) logs.note('r', 'run.line', { line: text });
    await logs.flush();
    logs.note('r', 'run.line', { line: 'after' });
    await logs.flush();
    const { lines } = await logs.tail('r', 2);
    expect(lines.map(({ event }) => event)).toEqual(['log.dropped', 'run.line']);
    expect(lines[0]?.fields.lines).toBeGreaterThan(800);
  });

  test('half a line that a killed server left spoils no other', async () => {
    logs.note('r', 'run.taken', {});
    await logs.flush();
    appendFileSync(fileOf('r'), '{"time":"2027-01-');
    const after = new RunLogs(
      folder,
      () => 0,
      () => undefined,
    );
    after.note('r', 'run.ended', { state: 'succeeded' });
    await after.flush();
    const { lines } = await after.read('r', 0);
    expect(lines.map(({ event }) => event)).toEqual(['run.taken', 'log.torn', 'run.ended']);
  });

  test('go when their time is over, the oldest first when they are too many bytes', async () => {
    logs.note('old', 'run.taken', {});
    logs.note('new', 'run.taken', {});
    await logs.flush();
    writeFileSync(join(folder, 'keep.txt'), 'not a log');
    utimesSync(fileOf('old'), 1_000, 1_000);
    expect(await logs.clean(2_000_000)).toBe(1);
    expect((await logs.read('old', 0)).size).toBe(0);
    expect((await logs.read('new', 0)).lines).toHaveLength(1);
    expect(await logs.clean(0)).toBe(0);
  });

  test('a disk that does not take them ends nothing', async () => {
    writeFileSync(folder, 'a file where the folder should be');
    logs.note('r', 'run.taken', {});
    await logs.flush();
    expect(errors).toHaveLength(1);
    rmSync(folder);
    logs.note('r', 'run.ended', {});
    await logs.flush();
    expect((await logs.read('r', 0)).lines.map(({ event }) => event)).toEqual(['log.dropped', 'run.ended']);
  });
});
