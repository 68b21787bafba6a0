import { clockMs, drillTime } from './copy.ts';

/** Of one copy, whoever wrote them: more than anybody drills it in the time that it is kept. */
const mostLooked = 50;

/** The report of a drill as it was read back. */
export interface FoundReport {
  copy: string;
  file: string;
  text: string;
}

/** What may be a report, by the name of its file; a name may come more than once where a place allows that. */
interface ListedFile {
  file: string;
  /** Undefined: it went meanwhile, or can be no report. */
  read(): Promise<string | undefined>;
}

/** Which reports a place is asked for. */
interface WantedReports {
  copy: string;
  /** How many count at most. */
  most: number;
  /** Whether it is one of those that are asked for. Absent: each is. */
  counts?: ((report: FoundReport) => boolean) | undefined;
}

/**
 * The newest reports by the names of their files, the newest last. What does not count takes no place of what does: whoever
 * may write there could hide a drill that failed behind a few newer files.
 */
export async function newestReports(
  files: readonly ListedFile[],
  { copy, most, counts = () => true }: WantedReports,
): Promise<string[]> {
  const latest = Date.now() + clockMs;
  const newest = files
    .filter(({ file }) => (drillTime(file)?.getTime() ?? Number.POSITIVE_INFINITY) <= latest)
    .toSorted((a, b) => (a.file < b.file ? 1 : a.file > b.file ? -1 : 0))
    .slice(0, mostLooked);
  const found = new Map<string, string>();
  for (let at = 0; at < newest.length && found.size < most; at += most) {
    const some = await Promise.all(
      newest.slice(at, at + most).map(async each => ({ file: each.file, text: await each.read() })),
    );
    for (const { file, text } of some)
      if (text !== undefined && counts({ copy, file, text })) found.set(file, text);
  }
  return [...found.values()].slice(0, most).reverse();
}
