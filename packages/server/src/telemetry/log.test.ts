import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createLogger } from './log.ts';
import { Secret } from './secret.ts';

function capture(level: 'debug' | 'info' | 'warn' | 'error' = 'info') {
  const lines: string[] = [];
  const log = createLogger({ level, now: () => 1_800_000_000_000, write: (line) => lines.push(line) });
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? '') as Record<string, unknown> };
}

describe('log', () => {
  it('writes one JSON object a line, from its level on', () => {
    const { log, lines } = capture('warn');
    log.info('a');
    log.warn('b', { text: 'two\nlines', count: 2, big: 3n, none: null });
    log.error('c', { level: 'x' });
    expect(lines).toHaveLength(2);
    expect(lines.every((line) => line.indexOf('\n') === line.length - 1)).toBe(true);
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        time: '2027-01-15T08:00:00.000Z',
        level: 'warn',
        event: 'b',
        text: 'two\nlines',
        count: 2,
        big: '3',
        none: null,
      },
      { time: '2027-01-15T08:00:00.000Z', level: 'error', event: 'c', level_: 'x' },
    ]);
  });

  it('masks secrets by type however deep, and by name as a second net', () => {
    const { log, lines } = capture();
    const secret = new Secret('hunter2');
    log.info('e', { secret, list: [secret], map: new Map([['k', secret]]), deep: { a: { b: secret } } });
    log.info('e', {
      password: 'hunter2',
      body: { 'X-Auth-Token': 'hunter2', sk: 'hunter2' },
      error: new Error('m', { cause: secret }),
    });
    expect(lines.join('')).not.toContain('hunter2');
    expect(lines.join('').match(/\*\*\*/g)).toHaveLength(8);
    for (const shown of [String(secret), `${secret}`, JSON.stringify({ secret }), inspect({ secret })]) {
      expect(shown).not.toContain('hunter2');
      expect(shown).toContain('***');
    }
    expect(secret.reveal()).toBe('hunter2');
  });

  it('writes errors with their causes and codes but no stack, and bounds everything', () => {
    const { log, lines, last } = capture();
    const cause = Object.assign(new Error('no route'), { code: 'EHOSTUNREACH' });
    log.error('e', { error: new TypeError('failed', { cause }) });
    expect(last().error).toEqual({
      name: 'TypeError',
      message: 'failed',
      cause: { name: 'Error', code: 'EHOSTUNREACH', message: 'no route' },
    });
    expect(lines.join('')).not.toContain('log.test');
    const circle: Record<string, unknown> = {
      text: 'x'.repeat(100_000),
      many: Array.from({ length: 10_000 }, () => 1),
    };
    circle.self = circle;
    log.error('e', circle);
    expect(lines.at(-1)?.length).toBeLessThan(100_000);
  });
});
