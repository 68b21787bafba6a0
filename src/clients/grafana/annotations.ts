import { type JsonObject, textOf, textsIn } from '../../core/json.ts';

/** A note on a dashboard, as a Grafana keeps it. */
export interface Annotation {
  id: number;
  text: string;
  tags: string[];
  from: Date;
  /** The same as `from` where it marks a moment. */
  until: Date;
}

/** Undefined: it is none that a Grafana would answer. */
export function annotationOf(written: JsonObject): Annotation | undefined {
  const { id, time, timeEnd } = written;
  if (typeof id !== 'number' || typeof time !== 'number') return undefined;
  return {
    id,
    text: textOf(written, 'text'),
    tags: textsIn(written['tags']),
    from: new Date(time),
    // Older ones send 0 for a moment.
    until: new Date(typeof timeEnd === 'number' && timeEnd > time ? timeEnd : time),
  };
}
