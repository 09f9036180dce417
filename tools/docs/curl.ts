import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runToEnd, SERVER_ENV } from '../servers/run-to-end.ts';

const installLimitMs = 5 * 60_000;
const callLimitMs = 30_000;

/** One answer over HTTP. */
export interface HttpAnswer {
  readonly httpStatus: number;
  readonly contentType: string;
  readonly body: unknown;
}

/**
 * Is the real curl here? A missing one is installed when we are root on Debian.
 * @param say gets a line when it is installed, or why it cannot be.
 */
export async function haveCurl(say: (line: string) => void): Promise<boolean> {
  if (isProgram('curl')) return true;
  if (process.getuid?.() !== 0 || !isProgram('apt-get')) {
    say('curl is not installed, and only root on Debian could install it');
    return false;
  }
  say('installing curl from Debian (once)');
  const env = { ...SERVER_ENV, DEBIAN_FRONTEND: 'noninteractive' };
  const patience = ['-o', 'DPkg::Lock::Timeout=300', '-qq'];
  try {
    await runToEnd('apt-get', [...patience, 'update'], { env, limitMs: installLimitMs });
    const args = [...patience, 'install', '-y', '--no-install-recommends', 'curl'];
    await runToEnd('apt-get', args, { env, limitMs: installLimitMs });
  } catch (error) {
    say(`curl could not be installed: ${(error as Error).message}`);
  }
  return isProgram('curl');
}

function isProgram(name: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, name)));
}

/**
 * Runs a shell line that calls curl, as a reader of the page would: its variables come from the environment.
 * @param line must print the body and nothing else; status and type are asked for beside it.
 * @throws Error when curl fails or the body is not JSON.
 */
export async function runCurlLine(
  line: string,
  variables: Readonly<Record<string, string>>,
): Promise<HttpAnswer> {
  const mark = '--answer-ends-here--';
  const child = spawn(
    'sh',
    ['-c', `${line} --max-time 20 --write-out '${mark}%{http_code} %{content_type}'`],
    {
      env: { PATH: process.env.PATH ?? '', ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: callLimitMs,
    },
  );
  let output = '';
  let complaint = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const at = output.lastIndexOf(mark);
  if (code !== 0 || at === -1) throw new Error(`curl ended with ${code}: ${complaint.trim()}`);
  const [status = '', contentType = ''] = output.slice(at + mark.length).split(' ');
  return { httpStatus: Number(status), contentType, body: JSON.parse(output.slice(0, at)) };
}

/** The same request without curl. */
export async function fetchAnswer(
  url: string,
  token: string,
  headers: Readonly<Record<string, string>>,
): Promise<HttpAnswer> {
  const response = await fetch(url, {
    headers: { 'X-Auth-Token': token, ...headers },
    signal: AbortSignal.timeout(callLimitMs),
  });
  const contentType = response.headers.get('content-type') ?? '';
  return { httpStatus: response.status, contentType, body: await response.json() };
}
