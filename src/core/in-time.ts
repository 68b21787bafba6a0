/**
 * What a wait gives, if it ends in time; else what `late` makes is thrown. What was waited for goes on unseen: a disk that
 * hangs hears no signal.
 */
export async function inTime<T>(
  wait: Promise<T>,
  { ms, late }: { ms: number; late: () => Error },
): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(late()), ms);
  try {
    return await Promise.race([wait, promise]);
  } finally {
    clearTimeout(timer);
  }
}
