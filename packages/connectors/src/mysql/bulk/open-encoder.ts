import type { BulkEncoder } from './bulk-encoder.ts';
import type { Kernel } from './kernels.ts';
import { TupleEncoder } from './tuple-encoder.ts';
import { openWasmEncoder } from './wasm-encoder.ts';

/** Makes an encoder for the columns of one table. */
export type OpenEncoder = (kernels: readonly Kernel[]) => BulkEncoder;

export const openTypeScriptEncoder: OpenEncoder = (kernels) => new TupleEncoder(kernels);

/** Opens the fastest encoder that this process can run: `encoderInWords` says which, and why. */
export const openEncoder: OpenEncoder = (kernels) =>
  troubleOf(openWasmEncoder) === null ? openWasmEncoder(kernels) : openTypeScriptEncoder(kernels);

/** How tuples become bulk commands in this process, for people. `openWasm` stands for WebAssembly in tests. */
export function encoderInWords(openWasm: OpenEncoder = openWasmEncoder): string {
  const trouble = troubleOf(openWasm);
  return trouble === null
    ? 'WebAssembly makes them'
    : `TypeScript makes them, for WebAssembly cannot be used (${trouble})`;
}

let known: { readonly open: OpenEncoder; readonly trouble: string | null } | null = null;

/** Why an encoder cannot be opened in this process; null: it can. Found out once. */
function troubleOf(open: OpenEncoder): string | null {
  if (known?.open === open) return known.trouble;
  let trouble: string | null = null;
  try {
    open([]);
  } catch (error) {
    trouble = error instanceof Error ? error.message : String(error);
  }
  known = { open, trouble };
  return trouble;
}
