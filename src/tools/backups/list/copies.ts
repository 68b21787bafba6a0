import type { WholeCopy } from '../../../backups/catalogue.ts';
import { copyTime } from '../../../core/copy.ts';
import type { JsonObject } from '../../../core/json.ts';
import { ageText } from '../../../core/length-text.ts';
import { sizeText } from '../../../core/size-text.ts';
import { cleanLine } from '../../../core/text.ts';
import { tableLine } from '../../text-table.ts';
import type { SetState } from './judge-set.ts';

/** Why one is no good copy; of what a destination says. */
const whyChars = 240;

export const copyColumns = ['copy', 'at', 'age', 'state', 'size', 'drill', 'contents'];

/** A row for each copy of a set, the newest first. */
export function copyLines({ shelves }: SetState, now: Date): string[] {
  return shelves
    .flatMap(({ copies }) => copies)
    .toSorted((a, b) => (a.copy < b.copy ? 1 : -1))
    .map(copy =>
      tableLine([
        copy.copy,
        copy.destination,
        ageText(ageOf(copy.copy, now) ?? 0),
        copy.state,
        ...('manifest' in copy
          ? [sizeText(copy.bytes), drillText(copy), contentsText(copy)]
          : [undefined, undefined, copy.why]),
      ]),
    );
}

/** How many there are, one that lies at two places counted once. */
export function idsOf(states: readonly SetState[]): string {
  const ids = new Set(
    states.flatMap(({ shelves }) => shelves.flatMap(({ copies }) => copies.map(({ copy }) => copy))),
  );
  return `${ids.size} ${ids.size === 1 ? 'copy' : 'copies'}`;
}

/** The same as data. */
export function copyFacts({ shelves }: SetState): JsonObject[] {
  return shelves
    .flatMap(({ copies }) => copies)
    .toSorted((a, b) => (a.copy < b.copy ? 1 : -1))
    .map(found => ({
      copy: found.copy,
      destination: found.destination,
      state: found.state,
      ...('why' in found ? { why: cleanLine(found.why, whyChars) } : {}),
      ...('bytes' in found ? { bytes: found.bytes } : {}),
      ...('drill' in found && found.drill !== undefined
        ? { drill: { at: found.drill.at, passed: found.drill.passed } }
        : {}),
    }));
}

/** In milliseconds. Undefined: it is no id of a copy. */
export function ageOf(copy: string, now: Date): number | undefined {
  const time = copyTime(copy);
  return time === undefined ? undefined : now.getTime() - time.getTime();
}

function drillText({ drill }: WholeCopy): string {
  if (drill === undefined) return 'never';
  return `${drill.passed ? 'passed' : 'FAILED'} ${drill.at.slice(0, 10)}`;
}

function contentsText({ manifest: { contents } }: WholeCopy): string {
  const entries = contents.items.reduce((sum, { count }) => sum + count, 0);
  return `${contents.items.length} items, ${entries} entries`;
}
