import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lockDataFolder } from './store/data-folder-lock.ts';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));

describe('sluice', () => {
  let dataFolder: string;

  beforeAll(() => {
    dataFolder = mkdtempSync(join(tmpdir(), 'sluice-main-'));
  });

  afterAll(() => {
    rmSync(dataFolder, { recursive: true });
  });

  function run(...words: string[]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...words], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, SLUICE_DATA: dataFolder },
      timeout: 20_000,
    });
    return { status, stdout, stderr };
  }

  it('says what is wrong in one line, ends with 2 and shows no stack', () => {
    expect(run('frob')).toEqual({
      status: 2,
      stdout: '',
      stderr: 'There is no command frob: see `sluice help`.\n',
    });
    expect(run('up', '--lang', 'zh', '--nope')).toEqual({
      status: 2,
      stdout: '',
      stderr: '没有参数 --nope：请参阅 `sluice help up`。\n',
    });
  });

  it('rotates the master key, and refuses while another process has the folder', () => {
    expect(run('keys', 'list')).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(run('keys', 'rotate')).toMatchObject({ status: 0, stderr: '' });
    const [, id] = /^(k[0-9a-f]{12}) {2}active\n$/.exec(run('keys', 'list').stdout) ?? [];
    expect(id).toBeDefined();
    const lock = lockDataFolder(dataFolder);
    const refused = run('keys', 'rotate');
    lock.release();
    expect(refused).toMatchObject({ status: 1, stdout: '' });
    expect(refused.stderr).toMatch(
      /^The data folder .* is in use by another Sluice process \(process \d+\): [^\n]*\n$/,
    );
    expect(run('keys', 'list').stdout).toContain(String(id));
  });
});
