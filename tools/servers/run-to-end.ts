import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Account } from './scratch-folder.ts';

export interface RunOptions {
  readonly account?: Account | null;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly limitMs: number;
}

/** A database server sees none of our settings, and speaks English. */
export const SERVER_ENV = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
};

/** Runs a program to its end. @returns what it wrote. @throws with that, when it fails or takes too long. */
export async function runToEnd(
  command: string,
  args: readonly string[],
  options: RunOptions,
): Promise<string> {
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...(options.env ?? SERVER_ENV) },
    ...(options.cwd ? { cwd: options.cwd } : {}),
    ...(options.account ?? {}),
    timeout: options.limitMs,
    killSignal: 'SIGKILL',
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const [code, signal] = await once(child, 'close');
  if (code !== 0) throw new Error(`${command} ended with ${signal ?? code}: ${output.trim().slice(-2_000)}`);
  return output;
}
