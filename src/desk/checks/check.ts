import { VigieError } from '../../core/errors.ts';

/** One thing that was looked at. Only `wrong` makes the whole answer a bad one; `todo` is the next command. */
export type Check =
  | { area: string; state: 'fine'; what: string }
  | { area: string; state: 'note' | 'wrong'; what: string; todo: string };

/** The checks of one area; a step that throws becomes a wrong line, and the areas after it are still looked at. */
export async function* checksOf(
  area: string,
  look: () => AsyncIterable<Check> | Iterable<Check>,
): AsyncIterable<Check> {
  try {
    yield* look();
  } catch (error) {
    if (!(error instanceof VigieError)) throw error;
    yield {
      area,
      state: 'wrong',
      what: `${error.code}: ${error.message}`,
      todo: error.hint ?? 'See docs/errors.md.',
    };
  }
}
