// One loop serves everybody: what takes long lets the others have their turn on the way.

/** About a hundredth of a second of reading. */
const stretch = 4_000;

/** Done since others last had a turn, whoever did it. */
let done = 0;

/** Counts what is about to be done, in steps of a few microseconds; when it was much, others go first. */
export async function pauseAfter(steps: number): Promise<void> {
  done += steps;
  if (done < stretch) return;
  done = 0;
  await new Promise(resolve => setImmediate(resolve));
}
