// WAL is cut into segments whose names count: timeline, and the number of the segment in two halves of which the second
// runs as far as the segments' size lets it.

const namePattern = /^([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})$/;

/** More than a base backup should ever be behind: 64 GB of the usual size. What is past it, the next run takes. */
const mostSegments = 4_000;

/** The segment so many after one of the same timeline, or before it. @throws Error for what is no name of a segment */
export function segmentFrom(name: string, by: 1 | -1, segmentBytes: number): string {
  const { timeline, number } = numberOf(name, segmentBytes);
  return nameOf(timeline, number + BigInt(by), segmentBytes);
}

/** Every segment from one to another, both of them too, up to a bound; none where the last is older. */
export function segmentsBetween(first: string, last: string, segmentBytes: number): string[] {
  const from = numberOf(first, segmentBytes);
  const to = numberOf(last, segmentBytes).number;
  const names: string[] = [];
  for (let number = from.number; number <= to && names.length < mostSegments; number += 1n)
    names.push(nameOf(from.timeline, number, segmentBytes));
  return names;
}

/** Where a segment begins, as the server writes positions: `0/3000000`. */
export function startOf(name: string, segmentBytes: number): string {
  const { number } = numberOf(name, segmentBytes);
  const position = number * BigInt(segmentBytes);
  return `${(position >> 32n).toString(16)}/${(position & 0xffffffffn).toString(16)}`.toUpperCase();
}

function numberOf(name: string, segmentBytes: number): { timeline: string; number: bigint } {
  const [, timeline, high, low] = namePattern.exec(name) ?? [];
  if (timeline === undefined || high === undefined || low === undefined)
    throw new Error('no name of a WAL segment');
  return { timeline, number: BigInt(`0x${high}`) * perHigh(segmentBytes) + BigInt(`0x${low}`) };
}

function nameOf(timeline: string, number: bigint, segmentBytes: number): string {
  const half = (value: bigint): string => value.toString(16).toUpperCase().padStart(8, '0');
  return `${timeline}${half(number / perHigh(segmentBytes))}${half(number % perHigh(segmentBytes))}`;
}

function perHigh(segmentBytes: number): bigint {
  return 0x1_0000_0000n / BigInt(segmentBytes);
}
