import type { JsonObject } from '../../core/json.ts';
import { failure } from '../status.ts';

export function decodeProtobuf(bytes: Buffer): JsonObject {
  void bytes;
  throw failure(415, {
    reason: 'UnsupportedMediaType',
    message: 'the sandbox does not simulate protobuf bodies',
  });
}
