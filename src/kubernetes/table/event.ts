import { ageOf } from '../duration.ts';
import type { Event } from '../kinds/event.ts';
import { column, definePrinter, nameColumn, wideColumn } from './printer.ts';

export const eventPrinter = definePrinter('Event', {
  columns: [
    column('Last Seen', 'Time since it last happened.'),
    column('Type', 'Normal or Warning.'),
    column('Reason', 'Short word for the cause.'),
    column('Object', 'What it is about.'),
    wideColumn('Subobject', 'Field of the object that it is about.'),
    wideColumn('Source', 'Who reported it.'),
    column('Message', 'What happened.'),
    wideColumn('First Seen', 'Time since it first happened.'),
    wideColumn('Count', 'How often it happened.'),
    { ...nameColumn, priority: 1 },
  ],
  cells(event, nowMs) {
    const { first, last } = seen(event, nowMs);
    const kind = (event.involvedObject.kind ?? '').toLowerCase();
    return [
      last,
      event.type ?? '',
      event.reason ?? '',
      event.involvedObject.name ? `${kind}/${event.involvedObject.name}` : kind,
      event.involvedObject.fieldPath ?? '',
      [event.source?.component || event.reportingComponent, event.source?.host].filter(Boolean).join(', '),
      (event.message ?? '').trim(),
      first,
      event.series?.count ?? (event.count || 1),
      event.metadata.name,
    ];
  },
});

/** New-style events have an eventTime and a series where the old ones have first and last timestamps. */
function seen(event: Event, nowMs: number): { first: string; last: string } {
  const first = ageOf(event.firstTimestamp ?? event.eventTime, nowMs);
  if (event.series !== undefined) return { first, last: ageOf(event.series.lastObservedTime, nowMs) };
  return { first, last: event.lastTimestamp ? ageOf(event.lastTimestamp, nowMs) : first };
}
