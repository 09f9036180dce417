import { COLUMNS_MAX } from '../transcode/engine.ts';
import type { BulkEncoder } from './bulk-encoder.ts';
import { type BulkPacket, isFull, packetBytes } from './bulk-packet.ts';
import type { Kernel } from './kernels.ts';
import { PACKET_BYTES_TARGET, PACKETS_MAX } from './limits.ts';
import { TupleEncoder } from './tuple-encoder.ts';
import { kernelWasm } from './tuple-kernel-wasm.ts';

/** What we use of WebAssembly; the project compiles without the browser's types, where TypeScript keeps it. */
declare const WebAssembly: {
  readonly Module: new (binary: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

interface Global {
  readonly value: number;
}

/** What the compiled kernel exports; see tuple-kernel.as. */
interface KernelExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly consumed: Global;
  readonly written: Global;
  readonly run: (
    from: number,
    to: number,
    out: number,
    target: number,
    limit: number,
    columns: number,
    ops: number,
    limits: number,
    gap: number,
  ) => number;
}

/** Set in an operation where a null is left to the twin. */
const REFUSES_NULL = 0x80;
/** The kernel reads and writes this far beyond what it was given. */
const SLACK_BYTES = 64;
/** A batch of the connectors of this project fits in one piece; larger tuples than this are the twin's. */
const INPUT_BYTES = 256 * 1024;

/**
 * The kernel's memory, which never grows, so that views of it stay valid:
 *
 *     0        64 KB                 +4 KB            +16 KB             +256 KB + slack
 *     │ its own │ operations, 1 byte │ limits, 4 bytes │ input            │ packet │ packet │ packet │
 */
const OPS_AT = 64 * 1024;
const LIMITS_AT = OPS_AT + COLUMNS_MAX;
const INPUT_AT = LIMITS_AT + 4 * COLUMNS_MAX;
const PACKETS_AT = INPUT_AT + INPUT_BYTES + SLACK_BYTES;
const PACKET_BYTES = packetBytes(PACKET_BYTES_TARGET);
const MEMORY_BYTES = PACKETS_AT + PACKETS_MAX * (PACKET_BYTES + SLACK_BYTES);

/** Compiled once in a process: it takes some milliseconds. */
let compiled: object | null = null;

/**
 * The kernels compiled from AssemblyScript. They take the tuples that go without a question; the others, and what to say of
 * them, are left to the twin, one by one: a value that is refused, a number of hundreds of digits, a row too large for the
 * packet's memory.
 */
class WasmEncoder implements BulkEncoder {
  readonly name = 'WebAssembly';
  readonly #kernel: KernelExports;
  readonly #twin: TupleEncoder;
  readonly #columns: number;
  readonly #input: Buffer;
  #packetsGiven = 0;
  /** What is in the input: `#bytes[#from, #to)`. */
  #bytes: Buffer | null = null;
  #from = 0;
  #to = 0;

  constructor(kernel: KernelExports, kernels: readonly Kernel[]) {
    const { buffer } = kernel.memory;
    if (buffer.byteLength < MEMORY_BYTES) throw new RangeError('the kernel has too little memory');
    if (kernels.length > COLUMNS_MAX) throw new RangeError(`more than ${COLUMNS_MAX} columns`);
    this.#kernel = kernel;
    this.#twin = new TupleEncoder(kernels);
    this.#columns = kernels.length;
    this.#input = Buffer.from(buffer, INPUT_AT, INPUT_BYTES);
    new Uint8Array(buffer, OPS_AT).set(
      kernels.map((entry) => entry.operation | (entry.refusesNull ? REFUSES_NULL : 0)),
    );
    new Int32Array(buffer, LIMITS_AT).set(kernels.map((entry) => entry.limit));
  }

  packetMemory(): Buffer | undefined {
    if (this.#packetsGiven === PACKETS_MAX) return undefined;
    const at = PACKETS_AT + this.#packetsGiven++ * (PACKET_BYTES + SLACK_BYTES);
    return Buffer.from(this.#kernel.memory.buffer, at, PACKET_BYTES);
  }

  encode(bytes: Buffer, start: number, packet: BulkPacket, gap = 0): number {
    let at = start;
    while (at < bytes.length && !isFull(packet)) {
      const next = this.#run(bytes, at, packet, gap);
      at = next === at ? this.#twin.encodeOne(bytes, at, packet, gap) : next;
    }
    if (at === bytes.length) this.#bytes = null;
    return at;
  }

  /** Has the kernel take what it can. @returns where the next tuple begins. */
  #run(bytes: Buffer, at: number, packet: BulkPacket, gap: number): number {
    const kernel = this.#kernel;
    // A packet that has grown for a large row lies elsewhere.
    if (packet.bytes.buffer !== kernel.memory.buffer) return at;
    // The first row may be as large as it is: full is a packet that has one.
    if (packet.size >= packet.bytesTarget) return at;
    if (bytes !== this.#bytes || at < this.#from || at >= this.#to) this.#load(bytes, at);
    let taken = this.#take(at, packet, gap);
    // A tuple that the end of the input cuts is moved to its beginning.
    if (taken === at && this.#from < at && this.#to < bytes.length) {
      this.#load(bytes, at);
      taken = this.#take(at, packet, gap);
    }
    return taken;
  }

  #load(bytes: Buffer, at: number): void {
    this.#bytes = bytes;
    this.#from = at;
    this.#to = Math.min(bytes.length, at + INPUT_BYTES);
    bytes.copy(this.#input, 0, at, this.#to);
  }

  #take(at: number, packet: BulkPacket, gap: number): number {
    const kernel = this.#kernel;
    const base = packet.bytes.byteOffset;
    packet.rowCount += kernel.run(
      INPUT_AT + at - this.#from,
      INPUT_AT + this.#to - this.#from,
      base + packet.size,
      base + packet.bytesTarget,
      base + Math.min(packet.bytes.length, packet.bytesMax),
      this.#columns,
      OPS_AT,
      LIMITS_AT,
      gap,
    );
    packet.size = kernel.written.value - base;
    return kernel.consumed.value - INPUT_AT + this.#from;
  }
}

/** @throws Error when this process cannot compile it or has no memory for it. */
export function openWasmEncoder(kernels: readonly Kernel[]): BulkEncoder {
  compiled ??= new WebAssembly.Module(Buffer.from(kernelWasm, 'base64'));
  const { exports } = new WebAssembly.Instance(compiled, {});
  return new WasmEncoder(exports as unknown as KernelExports, kernels);
}
