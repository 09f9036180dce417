import { describe, expect, it } from 'vitest';
import { type CpuSample, parseSample } from './cpu-samples.ts';
import { type Owner, profileOf } from './profile.ts';

describe('parseSample', () => {
  it('reads program, process, thread, function and file', () => {
    expect(
      parseSample('        postgres  4082/4083       55a86a921e7e pfree (/opt/pg/bin/postgres)'),
    ).toEqual({
      program: 'postgres',
      pid: 4082,
      thread: 4083,
      symbol: 'pfree',
      file: '/opt/pg/bin/postgres',
    });
  });

  it('knows code without a name, and names with blanks and brackets', () => {
    expect(parseSample('node 7/7 7f00aa [unknown] (//anon)')).toMatchObject({ symbol: null, file: '//anon' });
    expect(
      parseSample(' my sql 9/12 7f00aa Field::store(char const*, int) (/usr/sbin/mariadbd)'),
    ).toMatchObject({
      program: 'my sql',
      symbol: 'Field::store(char const*, int)',
    });
  });

  it('leaves out idle cores and other lines', () => {
    expect(parseSample('swapper 0/0 ffffffff81 default_idle ([kernel.kallsyms])')).toBeNull();
    expect(parseSample('')).toBeNull();
  });
});

describe('profileOf', () => {
  const sample = (pid: number, symbol: string | null, file: string): CpuSample => ({
    program: 'x',
    pid,
    thread: pid,
    symbol,
    file,
  });
  const owner = (pid: number): Owner => (pid === 1 ? 'PostgreSQL' : pid === 2 ? 'Sluice worker' : 'others');

  it('adds up by owner, function and thread', () => {
    const samples = [
      sample(1, 'CopyFrom', '/pg/postgres'),
      sample(1, 'CopyFrom', '/pg/postgres'),
      sample(1, 'tcp_sendmsg', '[kernel.kallsyms]'),
      sample(2, null, '//anon'),
    ];
    const profile = profileOf(samples, owner, 0.01, 2, 400);
    expect(profile).toMatchObject({ samples: 4, busy: 0.5 });
    expect(profile.owners).toEqual([
      { owner: 'PostgreSQL', what: 'own code', share: 0.5 },
      { owner: 'PostgreSQL', what: 'in the kernel', share: 0.25 },
      { owner: 'Sluice worker', what: 'own code', share: 0.25 },
    ]);
    expect(profile.functions[0]).toEqual({ owner: 'PostgreSQL', what: 'CopyFrom', share: 0.5 });
    expect(profile.functions.map(({ what }) => what)).toContain('JavaScript and WebAssembly, compiled');
    expect(profile.threads[0]).toEqual({ owner: 'PostgreSQL', share: 0.75 });
  });
});
