import { VigieError } from '../core/errors.ts';
import { nearestNames } from '../core/nearest.ts';
import { trusted } from '../core/trusted-text.ts';

/** Shown to everybody. Another family is shown where an environment names what its tools ask. */
const everybodys: readonly string[] = ['k8s', 'manifests', 'changes', 'environments'];

/** Whether a family is shown to whoever names none; `configured`: those whose systems some environment has. */
export function isShown(family: string, configured: readonly string[]): boolean {
  return everybodys.includes(family) || configured.includes(family);
}

/**
 * What belongs to the named families of all there are, in the order in which these stand; without names, to those that
 * are shown where these are `configured`; without either, everything.
 * @throws VigieError INVALID_INPUT: a family does not exist; details: nearest
 */
export function ofFamilies<T>(
  all: Readonly<Record<string, readonly T[]>>,
  {
    families,
    configured,
  }: { families: readonly string[] | undefined; configured?: readonly string[] | undefined },
): T[] {
  refuseUnknown(Object.keys(all), families ?? []);
  const wanted = (family: string): boolean =>
    families === undefined
      ? configured === undefined || isShown(family, configured)
      : families.includes(family);
  return Object.entries(all).flatMap(([family, members]) => (wanted(family) ? members : []));
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
