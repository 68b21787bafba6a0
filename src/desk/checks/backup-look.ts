import { VigieError } from '../../core/errors.ts';
import type { Check } from './check.ts';

/** What has said nothing by then is down as far as a person is concerned. */
const answerMs = 15_000;

/** One look that ends in time, whatever it waits for: also for a disk that hangs, which no signal reaches. */
export async function lookInTime<T>(
  signal: AbortSignal,
  look: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = AbortSignal.timeout(answerMs);
  const { promise, reject } = Promise.withResolvers<never>();
  const tell = (): void =>
    reject(
      new VigieError('TIMEOUT', `Nothing came within ${answerMs / 1000} s.`, {
        hint: 'See whether it is up and can be reached from where Vigie runs.',
      }),
    );
  late.addEventListener('abort', tell, { once: true });
  try {
    return await Promise.race([look(AbortSignal.any([signal, late])), promise]);
  } finally {
    late.removeEventListener('abort', tell);
  }
}

/** What went wrong with something of that name, as a line. Faults of Vigie, and a call that was stopped, are thrown. */
export function wrongLine(
  error: unknown,
  at: { area: string; what: string; todo: string; signal: AbortSignal },
): Check {
  at.signal.throwIfAborted();
  if (!(error instanceof VigieError)) throw error;
  return {
    area: at.area,
    state: 'wrong',
    what: `${at.what}: ${error.message}`,
    todo: error.hint ?? at.todo,
  };
}
