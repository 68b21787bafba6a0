import { VigieError } from '../../core/errors.ts';

/** One field of a protobuf message as it came: a number, or bytes that are a text, a message or just bytes. */
export interface WireField {
  number: number;
  value: bigint | Buffer;
}

/** Takes a protobuf message apart. INVALID_INPUT when it breaks off or uses what Kubernetes never sends. */
export function readFields(bytes: Buffer): WireField[] {
  const fields: WireField[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const tag = Number(readVarint());
    const number = tag >>> 3;
    switch (tag & 7) {
      case 0:
        fields.push({ number, value: readVarint() });
        break;
      case 1:
        fields.push({ number, value: take(8) });
        break;
      case 2:
        fields.push({ number, value: take(Number(readVarint())) });
        break;
      case 5:
        fields.push({ number, value: take(4) });
        break;
      default:
        throw unreadable('unknown wire type');
    }
  }
  return fields;

  function take(length: number): Buffer {
    if (offset + length > bytes.length) throw unreadable('it breaks off');
    offset += length;
    return bytes.subarray(offset - length, offset);
  }

  function readVarint(): bigint {
    let result = 0n;
    // Ten groups of seven bits hold any 64-bit number.
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = take(1).readUInt8();
      result |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, result);
    }
    throw unreadable('a number is too long');
  }
}

export function unreadable(why: string): VigieError {
  return new VigieError('INVALID_INPUT', `the protobuf body cannot be read: ${why}`);
}
