/** The indexes that a text like `0-2,5` names. */
export function readIndexes(text = ''): Set<number> {
  const indexes = new Set<number>();
  for (const part of text.split(',').filter(Boolean)) {
    const [from = 0, to = from] = part.split('-').map(Number);
    for (let index = from; index <= to; index++) indexes.add(index);
  }
  return indexes;
}

/** The indexes as a job's status has them: three and more in a row by their ends. */
export function writeIndexes(indexes: Iterable<number>): string {
  const parts: string[] = [];
  const sorted = [...indexes].sort((a, b) => a - b);
  for (let at = 0; at < sorted.length; ) {
    const from = sorted[at] ?? 0;
    let length = 1;
    while (sorted[at + length] === from + length) length++;
    const to = from + length - 1;
    parts.push(length === 1 ? `${from}` : `${from}${length === 2 ? ',' : '-'}${to}`);
    at += length;
  }
  return parts.join(',');
}
