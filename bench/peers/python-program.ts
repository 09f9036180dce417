import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from '../measure/command-run.ts';
import type { PeerFiles } from './peer.ts';

/** Runs `programs/NAME.py` in the peer's Python, with the order's file as its argument. */
export function pythonProgram(
  name: string,
  files: PeerFiles,
  specPath: string,
  env: Readonly<Record<string, string>> = {},
): Command {
  const script = fileURLToPath(new URL(`./programs/${name}.py`, import.meta.url));
  return {
    program: path.join(files.folder, 'bin', 'python'),
    args: [script, specPath],
    env,
    // Tools leave their state where they are started: in the run's folder, which is removed.
    cwd: path.dirname(specPath),
  };
}
