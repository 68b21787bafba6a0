import { readFileSync } from 'node:fs';
import { brotliDecompressSync } from 'node:zlib';
import type { Event } from '../../../src/kubernetes/kinds/event.ts';
import { isKind } from '../../../src/kubernetes/kinds.ts';
import type { KubeObject } from '../../../src/kubernetes/object.ts';
import type { DumpWorld } from './dump-worlds.ts';
import { faults } from './faults/index.ts';
import type { Place } from './world.ts';

// What record.ts kept of a real API server.

export interface RecordedLine {
  /** Of the fault; empty: what all worlds have. */
  name: string;
  takenAt: string;
  objects: KubeObject[];
  logs?: Record<string, { lines: string[]; previous: boolean }>;
}

export const recordedFile = new URL('./recorded.jsonl.br', import.meta.url);

export function recordedPlace(namespace: string): Place {
  return {
    namespace,
    way: 'recorded',
    name: base => `my-${base}`,
    labels: base => ({ 'app.kubernetes.io/name': base, 'app.kubernetes.io/instance': 'my' }),
  };
}

export function recordedWorlds(): DumpWorld[] {
  const text = brotliDecompressSync(readFileSync(recordedFile)).toString('utf8');
  // The JSON border: what record.ts wrote.
  const [base, ...lines] = text.split('\n').map(line => JSON.parse(line) as RecordedLine);
  return lines.flatMap(line => {
    const fault = faults.find(({ name }) => name === line.name);
    if (fault === undefined || base === undefined) return [];
    if (!(fault.ways ?? ['recorded']).includes('recorded')) return [];
    return [
      {
        world: `${line.name}-recorded`,
        row: fault.row,
        way: 'recorded',
        labels: fault.plant(recordedPlace(line.name)).labels,
        data: () => {
          const key = ({ kind, metadata }: KubeObject) => `${kind}/${metadata.namespace}/${metadata.name}`;
          const own = new Set(line.objects.map(key));
          const all = [...base.objects.filter(each => !own.has(key(each))), ...line.objects];
          const events: Event[] = all.filter(each => isKind(each, 'Event'));
          return {
            takenAt: new Date(line.takenAt),
            objects: all.filter(each => !isKind(each, 'Event')),
            events,
            logs: new Map(Object.entries(line.logs ?? {})),
          };
        },
      },
    ];
  });
}
