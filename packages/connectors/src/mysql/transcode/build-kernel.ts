// `node packages/connectors/src/mysql/transcode/build-kernel.ts` compiles kernel.as into kernel-wasm.ts.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const sourceFile = fileURLToPath(new URL('./kernel.as', import.meta.url));
const generatedFile = fileURLToPath(new URL('./kernel-wasm.ts', import.meta.url));
/** What the compiler is told: it knows no other ending, and TypeScript's own compiler must not take the file for its. */
const ENTRY = 'kernel.ts';
const BASE64_COLUMNS = 100;

/** Compiles the kernel with the options that it is shipped with. @throws Error with the compiler's words. */
export async function compileKernel(): Promise<Uint8Array> {
  const source = await readFile(sourceFile, 'utf8');
  let binary: Uint8Array | null = null;
  const { error, stderr } = await asc.main(
    [
      ENTRY,
      '--optimizeLevel',
      '3',
      '--shrinkLevel',
      '0',
      '--converge',
      '--noAssert',
      '--runtime',
      'stub',
      '--enable',
      'simd',
      '--enable',
      'bulk-memory',
      '--initialMemory',
      '16',
      '--maximumMemory',
      '16',
      '--outFile',
      'kernel.wasm',
    ],
    {
      readFile: (name: string) => (name === ENTRY ? source : null),
      writeFile: (_name: string, contents: Uint8Array | string) => {
        if (typeof contents !== 'string') binary = contents;
      },
      listFiles: () => [],
    },
  );
  if (error !== null || binary === null) throw new Error(`kernel.as does not compile: ${stderr.toString()}`);
  return binary;
}

/** The generated module for a compiled kernel. */
export function kernelModule(binary: Uint8Array): string {
  const text = Buffer.from(binary).toString('base64');
  const lines = text.match(new RegExp(`.{1,${BASE64_COLUMNS}}`, 'g')) ?? [];
  return [
    '// Generated from kernel.as by build-kernel.ts. Do not edit.',
    '',
    '/** The compiled kernel, in base64. */',
    'export const kernelWasm: string = [',
    ...lines.map((line) => `  '${line}',`),
    "].join('');",
    '',
  ].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const binary = await compileKernel();
  await writeFile(generatedFile, kernelModule(binary));
  process.stdout.write(`kernel-wasm.ts: ${binary.length} bytes of WebAssembly\n`);
}
