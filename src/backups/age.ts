import { VigieError } from '../core/errors.ts';

// age-encryption speaks web streams. Both ways hold one chunk of 64 kB at a time.

type Through = (bytes: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;

/** Encrypts to every one of the recipients. */
export function sealTo(recipients: readonly string[]): Through {
  return async function* seal(bytes) {
    const { Encrypter } = await import('age-encryption');
    const encrypter = new Encrypter();
    for (const recipient of recipients) encrypter.addRecipient(recipient);
    yield* encryptedBy(stream => encrypter.encrypt(stream), bytes);
  };
}

/** Decrypts by an identity (`AGE-SECRET-KEY-1…`). @throws VigieError SECRET when it is none, COPY_DAMAGED when it does not open what is read */
export function unsealBy(identity: string): Through {
  return async function* unseal(bytes) {
    const { Decrypter } = await import('age-encryption');
    const decrypter = new Decrypter();
    try {
      decrypter.addIdentity(identity.trim());
    } catch {
      // The library's own words quote what it was given.
      throw new VigieError('SECRET', 'The identity of the destination is no identity of age.', {
        hint: 'Let the reference lead to one line that begins with AGE-SECRET-KEY-1.',
      });
    }
    try {
      yield* encryptedBy(stream => decrypter.decrypt(stream), bytes);
    } catch (error) {
      if (error instanceof VigieError) throw error;
      throw new VigieError('COPY_DAMAGED', 'What is stored cannot be decrypted by that identity.', {
        hint: 'See whether the identity belongs to the recipients of the destination; else take another copy.',
        cause: error,
      });
    }
  };
}

async function* encryptedBy(
  turn: (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => Promise<ReadableStream<Uint8Array>>,
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  // An error of the source must come out as itself.
  let broken: { error: unknown } | undefined;
  async function* source(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    try {
      for await (const chunk of bytes) yield new Uint8Array(chunk);
    } catch (error) {
      broken = { error };
      throw error;
    }
  }
  try {
    yield* await turn(ReadableStream.from(source()));
  } catch (error) {
    throw broken === undefined ? error : broken.error;
  }
}
