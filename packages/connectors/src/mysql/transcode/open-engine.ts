import { type Engine, INPUT_BYTES, OUTPUT_BYTES } from './engine.ts';
import type { Kernel } from './kernels.ts';
import { TypeScriptEngine } from './typescript-engine.ts';

/** Opens the TypeScript engine with memory of its own. */
export function openTypeScriptEngine(kernels: readonly Kernel[]): Engine {
  return new TypeScriptEngine(
    kernels,
    Buffer.allocUnsafeSlow(INPUT_BYTES),
    Buffer.allocUnsafeSlow(OUTPUT_BYTES),
  );
}

/** Opens the fastest engine that this process can run. */
export function openEngine(kernels: readonly Kernel[]): Engine {
  return openTypeScriptEngine(kernels);
}
