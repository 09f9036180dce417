// `node packages/connectors/src/mysql/transcode/build-kernel.ts` compiles each kernel into the module that carries it.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

/** A kernel in AssemblyScript, the module made of it, and how much memory it gets, in pages of 64 KB. */
export interface KernelSource {
  readonly source: URL;
  readonly generated: URL;
  readonly pages: number;
}

/** MySQL's rows into tuples of COPY BINARY; the layout of its memory is in wasm-engine.ts. */
export const rowKernel: KernelSource = {
  source: new URL('./kernel.as', import.meta.url),
  generated: new URL('./kernel-wasm.ts', import.meta.url),
  pages: 16,
};
/** Tuples of COPY BINARY into bulk commands; the layout of its memory is in wasm-encoder.ts. */
export const tupleKernel: KernelSource = {
  source: new URL('../bulk/tuple-kernel.as', import.meta.url),
  generated: new URL('../bulk/tuple-kernel-wasm.ts', import.meta.url),
  pages: 34,
};

/** What the compiler is told: it knows no other ending, and TypeScript's own compiler must not take the file for its. */
const ENTRY = 'kernel.ts';
const BASE64_COLUMNS = 100;

/** Compiles the kernel with the options that it is shipped with. @throws Error with the compiler's words. */
export async function compileKernel(kernel: KernelSource): Promise<Uint8Array> {
  const source = await readFile(kernel.source, 'utf8');
  const pages = String(kernel.pages);
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
      pages,
      '--maximumMemory',
      pages,
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
  if (error !== null || binary === null)
    throw new Error(`${nameOf(kernel.source)} does not compile: ${stderr.toString()}`);
  return binary;
}

/** The generated module for a compiled kernel. */
export function kernelModule(kernel: KernelSource, binary: Uint8Array): string {
  const text = Buffer.from(binary).toString('base64');
  const lines = text.match(new RegExp(`.{1,${BASE64_COLUMNS}}`, 'g')) ?? [];
  return [
    `// Generated from ${nameOf(kernel.source)} by transcode/build-kernel.ts. Do not edit.`,
    '',
    '/** The compiled kernel, in base64. */',
    'export const kernelWasm: string = [',
    ...lines.map((line) => `  '${line}',`),
    "].join('');",
    '',
  ].join('\n');
}

function nameOf(file: URL): string {
  return path.basename(fileURLToPath(file));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const kernel of [rowKernel, tupleKernel]) {
    const binary = await compileKernel(kernel);
    await writeFile(kernel.generated, kernelModule(kernel, binary));
    process.stdout.write(`${nameOf(kernel.generated)}: ${binary.length} bytes of WebAssembly\n`);
  }
}
