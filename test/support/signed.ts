import { type CopyKeys, copyKey, type Document, signDocument } from '../../src/backups/copy-signature.ts';
import { signedReader, signedWriter } from '../../src/backups/signed-destination.ts';
import type { CopyReader, CopyWriter } from '../../src/core/copies.ts';

const signs = copyKey(new Uint8Array(32).fill(7));

/** Keys of an installation that exists in tests alone. */
const ourKeys: CopyKeys = { environment: 'test', signs, counts: [signs] };

/** A destination as Vigie hands it out: signed when it is written, judged when it is read. */
export function oursAt(reader: CopyReader): CopyReader {
  return signedReader(reader, ourKeys);
}

/** The same, for writing. */
export function signedAt(writer: CopyWriter): CopyWriter {
  return signedWriter(writer, ourKeys);
}

/** A document as it lies there when we wrote it. */
export function signed(value: unknown, of: Omit<Document, 'environment'>): string {
  return signDocument(`${JSON.stringify(value, null, 1)}\n`, {
    ...ourKeys,
    of: { ...of, environment: 'test' },
  });
}
