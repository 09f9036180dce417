import { type Engine, INPUT_BYTES, OUTPUT_BYTES } from './engine.ts';
import type { Kernel } from './kernels.ts';
import { TypeScriptEngine } from './typescript-engine.ts';
import { openWasmEngine } from './wasm-engine.ts';

/** Makes an engine for the columns of one result. */
export type OpenEngine = (kernels: readonly Kernel[]) => Engine;

/** Opens the TypeScript engine with memory of its own. */
export const openTypeScriptEngine: OpenEngine = (kernels) =>
  new TypeScriptEngine(kernels, Buffer.allocUnsafeSlow(INPUT_BYTES), Buffer.allocUnsafeSlow(OUTPUT_BYTES));

/** Opens the fastest engine that this process can run: `engineInWords` says which, and why. */
export const openEngine: OpenEngine = (kernels) =>
  troubleOf(openWasmEngine) === null ? openWasmEngine(kernels) : openTypeScriptEngine(kernels);

/** How rows are turned into tuples in this process, for people. `openWasm` stands for WebAssembly in tests. */
export function engineInWords(openWasm: OpenEngine = openWasmEngine): string {
  const trouble = troubleOf(openWasm);
  return trouble === null
    ? 'WebAssembly turns rows of the binary protocol into COPY BINARY'
    : `TypeScript turns rows of the binary protocol into COPY BINARY, for WebAssembly cannot be used (${trouble})`;
}

/** Why an engine cannot be opened in this process; null: it can. */
function troubleOf(open: OpenEngine): string | null {
  try {
    open([]);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
