import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureNode24, isSuitableNode, NODE_VERSION, runOnNode24, withNodeFirst } from './node24.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-bootstrap-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('isSuitableNode', () => {
  it.each([
    ['v24.7.0', true],
    ['v24.21.0', true],
    ['v24.6.9', false],
    ['v20.20.2', false],
    ['v25.1.0', false],
    ['v2.47.0', false],
  ])('%s: %s', (version, expected) => {
    expect(isSuitableNode(version)).toBe(expected);
  });
});

describe('ensureNode24', () => {
  it('takes the running Node when it fits', async () => {
    expect(await ensureNode24({ runningVersion: 'v24.9.0', cache: folder })).toBe(process.execPath);
  });

  it.runIf(process.platform === 'linux')('takes the cached one without asking the registry', async () => {
    const name = `node-linux-${process.arch}`;
    const packageFolder = path.join(folder, `node-${NODE_VERSION}`, 'node_modules', name);
    await mkdir(path.join(packageFolder, 'bin'), { recursive: true });
    await writeFile(path.join(packageFolder, 'package.json'), JSON.stringify({ version: NODE_VERSION }));
    await writeFile(path.join(packageFolder, 'bin', 'node'), '');
    await chmod(path.join(packageFolder, 'bin', 'node'), 0o755);
    const found = await ensureNode24({ runningVersion: 'v20.20.2', cache: folder });
    expect(found).toBe(path.join(packageFolder, 'bin', 'node'));
  });
});

describe('runOnNode24', () => {
  it('keeps the exit code, the arguments and the environment', async () => {
    const script = path.join(folder, 'script.js');
    const out = path.join(folder, 'out.json');
    await writeFile(
      script,
      `require('node:fs').writeFileSync(process.env.OUT, JSON.stringify(process.argv.slice(2))); process.exit(7)`,
    );
    const code = await runOnNode24([script, 'a b', '--c'], {
      env: { ...process.env, OUT: out },
      stdio: 'ignore',
    });
    expect(code).toBe(7);
    expect(JSON.parse(await readFile(out, 'utf8'))).toEqual(['a b', '--c']);
  });

  it('passes SIGTERM on and waits for the child', async () => {
    const child = path.join(folder, 'child.js');
    await writeFile(
      child,
      `process.on('SIGTERM', () => setTimeout(() => { console.log('stopped in order'); process.exit(3); }, 100));
       setInterval(() => {}, 1000); console.log('ready');`,
    );
    const parent = path.join(folder, 'parent.mjs');
    const bootstrap = fileURLToPath(new URL('./node24.js', import.meta.url));
    await writeFile(
      parent,
      `import { runOnNode24 } from ${JSON.stringify(bootstrap)};
       process.exitCode = await runOnNode24([${JSON.stringify(child)}]);`,
    );
    const running = spawn(process.execPath, [parent], { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    running.stdout.setEncoding('utf8').on('data', (text) => {
      output += text;
      if (output === 'ready\n') running.kill('SIGTERM');
    });
    const [code] = await once(running, 'close');
    expect({ code, output }).toEqual({ code: 3, output: 'ready\nstopped in order\n' });
  });

  it('reports a signal as a shell does', async () => {
    const script = path.join(folder, 'script.js');
    await writeFile(script, `process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000)`);
    expect(await runOnNode24([script], { stdio: 'ignore' })).toBe(128 + 9);
  });
});

describe('withNodeFirst', () => {
  it('puts the folder of that Node before the others', () => {
    expect(withNodeFirst({ PATH: '/usr/bin', X: '1' }, '/opt/node/bin/node')).toEqual({
      PATH: '/opt/node/bin:/usr/bin',
      X: '1',
    });
    expect(withNodeFirst({}, '/opt/node/bin/node')).toEqual({ PATH: '/opt/node/bin' });
  });
});
