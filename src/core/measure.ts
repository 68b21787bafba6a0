import { createHash } from 'node:crypto';

/** Counts and hashes bytes on their way. */
export class Measure {
  readonly #hash = createHash('sha256');
  #bytes = 0;

  add(chunk: Uint8Array): void {
    this.#hash.update(chunk);
    this.#bytes += chunk.length;
  }

  /** Once, when all of them have come. */
  facts(): { bytes: number; sha256: string } {
    return { bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }
}

/** The same bytes, measured as they are taken. */
export async function* measured(
  bytes: AsyncIterable<Uint8Array>,
  measure: Measure,
): AsyncIterable<Uint8Array> {
  for await (const chunk of bytes) {
    measure.add(chunk);
    yield chunk;
  }
}
