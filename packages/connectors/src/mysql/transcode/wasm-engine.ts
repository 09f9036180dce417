import {
  COLUMNS_MAX,
  type Engine,
  emptyResult,
  INPUT_BYTES,
  OUTPUT_BYTES,
  type RunResult,
} from './engine.ts';
import { kernelWasm } from './kernel-wasm.ts';
import { type Kernel, rowOverhead } from './kernels.ts';

/** What we use of WebAssembly; the project compiles without the browser's types, where TypeScript keeps it. */
declare const WebAssembly: {
  readonly Module: new (binary: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

interface Global {
  readonly value: number;
}

/** What the compiled kernel exports; see kernel.as. */
interface KernelExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly consumed: Global;
  readonly written: Global;
  readonly rows: Global;
  readonly lastRow: Global;
  readonly faultKind: Global;
  readonly faultColumn: Global;
  readonly faultAt: Global;
  readonly run: (
    from: number,
    to: number,
    out: number,
    limit: number,
    rowsMax: number,
    columns: number,
    ops: number,
    args: number,
    overhead: number,
  ) => number;
}

/** The kernel reads and writes this far beyond what it was given. */
const SLACK_BYTES = 64;

/**
 * The kernel's memory, which never grows, so that views of it stay valid:
 *
 *     0        64 KB                 +4 KB        +16 KB               +384 KB + slack         +256 KB + slack
 *     │ its own │ operations, 1 byte │ arguments, 4 bytes │ input      │ output               │
 */
const OPS_AT = 64 * 1024;
const ARGS_AT = OPS_AT + COLUMNS_MAX;
const INPUT_AT = ARGS_AT + 4 * COLUMNS_MAX;
const OUTPUT_AT = INPUT_AT + INPUT_BYTES + SLACK_BYTES;
const MEMORY_BYTES = OUTPUT_AT + OUTPUT_BYTES + SLACK_BYTES;

/** Compiled once in a process: it takes some milliseconds. */
let compiled: object | null = null;

/** The kernels compiled from AssemblyScript. Instances share nothing but code. */
class WasmEngine implements Engine {
  readonly name = 'WebAssembly';
  readonly input: Buffer;
  readonly output: Buffer;
  readonly result: RunResult = emptyResult();
  readonly #kernel: KernelExports;
  readonly #columns: number;
  readonly #overhead: number;

  constructor(kernel: KernelExports, kernels: readonly Kernel[]) {
    const { buffer } = kernel.memory;
    if (buffer.byteLength < MEMORY_BYTES) throw new RangeError('the kernel has too little memory');
    if (kernels.length > COLUMNS_MAX) throw new RangeError(`more than ${COLUMNS_MAX} columns`);
    this.input = Buffer.from(buffer, INPUT_AT, INPUT_BYTES);
    this.output = Buffer.from(buffer, OUTPUT_AT, OUTPUT_BYTES);
    this.#kernel = kernel;
    this.#columns = kernels.length;
    this.#overhead = rowOverhead(kernels);
    new Uint8Array(buffer, OPS_AT).set(kernels.map((entry) => entry.op));
    new Int32Array(buffer, ARGS_AT).set(kernels.map((entry) => entry.argument));
  }

  run(from: number, to: number, at: number, rowsMax: number): number {
    const kernel = this.#kernel;
    const { result } = this;
    const why = kernel.run(
      INPUT_AT + from,
      INPUT_AT + to,
      OUTPUT_AT + at,
      OUTPUT_AT + OUTPUT_BYTES,
      rowsMax,
      this.#columns,
      OPS_AT,
      ARGS_AT,
      this.#overhead,
    );
    const lastRow = kernel.lastRow.value;
    result.consumed = kernel.consumed.value - INPUT_AT;
    result.written = kernel.written.value - OUTPUT_AT;
    result.rows = kernel.rows.value;
    result.lastRow = lastRow < 0 ? -1 : lastRow - INPUT_AT;
    result.fault = kernel.faultKind.value;
    result.faultColumn = kernel.faultColumn.value;
    result.faultAt = kernel.faultAt.value - INPUT_AT;
    return why;
  }
}

/** @throws Error when this process cannot compile it or has no memory for it. */
export function openWasmEngine(kernels: readonly Kernel[]): Engine {
  compiled ??= new WebAssembly.Module(Buffer.from(kernelWasm, 'base64'));
  const { exports } = new WebAssembly.Instance(compiled, {});
  return new WasmEngine(exports as unknown as KernelExports, kernels);
}
