import { VigieError } from '../core/errors.ts';
import { nearestNames } from '../core/nearest.ts';
import { trusted } from '../core/trusted-text.ts';

/**
 * What belongs to the named families of all there are, in the order in which these stand; without names, everything.
 * @throws VigieError INVALID_INPUT: a family does not exist; details: nearest
 */
export function ofFamilies<T>(
  all: Readonly<Record<string, readonly T[]>>,
  families: readonly string[] | undefined,
): T[] {
  refuseUnknown(Object.keys(all), families ?? []);
  return Object.entries(all).flatMap(([family, members]) =>
    families === undefined || families.includes(family) ? members : [],
  );
}

function refuseUnknown(known: readonly string[], families: readonly string[]): void {
  const unknown = families.find(family => !known.includes(family));
  if (unknown === undefined) return;
  const nearest = nearestNames(unknown, known);
  throw new VigieError('INVALID_INPUT', `There is no family of tools named ${unknown}`, {
    hint: nearest.length > 0 ? trusted`Did you mean ${nearest}?` : trusted`Families are: ${known}.`,
    details: { nearest },
  });
}
