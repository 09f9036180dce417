import { intTarget, type Kernel, op, TARGET_SHIFT, UNSIGNED_BIT } from './kernels.ts';

/** Numbers from 0 to below 1. */
export type Random = () => number;

function below(random: Random, limit: number): number {
  return Math.floor(random() * limit);
}

function bytes(length: number, make: () => number): Buffer {
  return Buffer.from(Array.from({ length }, make));
}

function sized(body: Buffer): Buffer {
  if (body.length < 251) return Buffer.concat([Buffer.from([body.length]), body]);
  if (body.length < 0x10000) {
    return Buffer.concat([Buffer.from([252, body.length & 255, body.length >> 8]), body]);
  }
  const head = Buffer.alloc(4);
  head[0] = 253;
  head.writeUIntLE(body.length, 1, 3);
  return Buffer.concat([head, body]);
}

/** Mostly short, now and then long: around the places where lengths change their form. */
function length(random: Random): number {
  switch (below(random, 12)) {
    case 0:
      return 0;
    case 1:
      return 240 + below(random, 30);
    case 2:
      return below(random, 3_000);
    default:
      return below(random, 40);
  }
}

/** All kinds of kernels with all arguments that a plan can give them. */
export function randomKernel(random: Random): Kernel {
  const number = below(random, Object.keys(op).length);
  switch (number) {
    case op.integer: {
      const size = 2 ** below(random, 4);
      const flags = random() < 0.5 ? UNSIGNED_BIT : 0;
      const target = below(random, Object.keys(intTarget).length);
      return { op: number, argument: size | flags | (target << TARGET_SHIFT) };
    }
    case op.date:
    case op.timestamp:
      return { op: number, argument: below(random, 2) };
    case op.bits:
      return { op: number, argument: 1 + below(random, 64) };
    case op.anyBit:
      return {
        op: number,
        argument: [intTarget.boolean, intTarget.smallint, intTarget.bigint][below(random, 3)] ?? 0,
      };
    default:
      return { op: number, argument: 0 };
  }
}

function integerBytes(random: Random, size: number): Buffer {
  const make = [
    () => 0,
    () => 255,
    () => (random() < 0.5 ? 0 : 128),
    () => below(random, 256),
    () => below(random, 256),
  ];
  const body = bytes(size, make[below(random, make.length)] ?? (() => 1));
  // Small numbers, so that narrower targets are met too.
  if (random() < 0.5) body.fill(random() < 0.5 ? 0 : 255, 1);
  return body;
}

function moment(random: Random): Buffer {
  const sizes = [0, 4, 7, 11];
  const size = sizes[below(random, sizes.length)] ?? 0;
  const body = Buffer.alloc(11);
  body.writeUInt16LE(random() < 0.05 ? 0 : 1 + below(random, 9_999), 0);
  body[2] = random() < 0.02 ? 0 : 1 + below(random, 12);
  body[3] = random() < 0.02 ? 0 : 1 + below(random, 28);
  body[4] = below(random, 24);
  body[5] = below(random, 60);
  body[6] = below(random, 60);
  body.writeUInt32LE(below(random, 1_000_000), 7);
  return Buffer.concat([Buffer.from([size]), body.subarray(0, size)]);
}

function timeOfDay(random: Random): Buffer {
  const sizes = [0, 8, 12];
  const size = sizes[below(random, sizes.length)] ?? 0;
  const body = Buffer.alloc(12);
  body[0] = random() < 0.05 ? 1 : 0;
  body.writeUInt32LE(random() < 0.05 ? below(random, 35) : 0, 1);
  body[5] = below(random, 25);
  body[6] = below(random, 60);
  body[7] = below(random, 60);
  body.writeUInt32LE(random() < 0.5 ? 0 : below(random, 1_000_000), 8);
  return Buffer.concat([Buffer.from([size]), body.subarray(0, size)]);
}

function decimalText(random: Random): string {
  const digit = () => String(random() < 0.3 ? 0 : below(random, 10));
  const whole = Array.from({ length: below(random, 36) }, digit).join('') || '0';
  const fraction = Array.from({ length: below(random, 31) }, digit).join('');
  const sign = random() < 0.4 ? '-' : '';
  return `${sign}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

/** Bytes of a value as the server would send them; now and then of one that the kernel must refuse. */
export function randomField(random: Random, kernel: Kernel): Buffer {
  const isBad = random() < 0.01;
  switch (kernel.op) {
    case op.swap2:
      return integerBytes(random, 2);
    case op.swap4:
    case op.widenFloat:
      return bytes(4, () => 1 + below(random, 120));
    case op.swap8:
      return integerBytes(random, 8);
    case op.integer:
      return integerBytes(random, kernel.argument & 15);
    case op.date:
    case op.timestamp:
      return moment(random);
    case op.time:
      return timeOfDay(random);
    case op.decimal:
      return sized(Buffer.from(isBad ? '1x.5' : decimalText(random), 'latin1'));
    case op.bits:
      return sized(bytes(((kernel.argument + 7) >> 3) + (isBad ? 1 : 0), () => below(random, 256)));
    case op.anyBit:
      return sized(bytes(1, () => below(random, 3)));
    case op.uuid: {
      const hex = bytes(16, () => below(random, 256)).toString('hex');
      const text = hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
      return sized(Buffer.from(isBad ? text.replace('-', '_') : text, 'latin1'));
    }
    case op.bytes:
      return sized(bytes(length(random), () => below(random, 256)));
    default: {
      const body = bytes(length(random), () => 1 + below(random, 255));
      if (isBad && body.length > 0) body[below(random, body.length)] = 0;
      return sized(body);
    }
  }
}

/** A whole packet with its header. */
export function randomPacket(random: Random, kernels: readonly Kernel[], nullShare: number): Buffer {
  const nulls = Buffer.alloc((kernels.length + 9) >> 3);
  const fields = kernels.map((kernel, i) => {
    if (random() >= nullShare) return randomField(random, kernel);
    nulls[(i + 2) >> 3] = (nulls[(i + 2) >> 3] ?? 0) | (1 << ((i + 2) & 7));
    return Buffer.alloc(0);
  });
  const body = Buffer.concat([Buffer.from([0]), nulls, ...fields]);
  const head = Buffer.alloc(4);
  head.writeUIntLE(body.length, 0, 3);
  return Buffer.concat([head, body]);
}
