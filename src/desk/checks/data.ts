import { inParallel } from '../../core/in-parallel.ts';
import type { Environment } from '../../pipeline/vigie.ts';
import { lookAt } from '../../tools/data/status/look.ts';
import type { Check } from './check.ts';

/** Each may wait for a server that is down. */
const atOnce = 4;

/** Whether each data service of an environment answers as who it is asked; how it is, data_status tells. */
export async function* dataChecks(
  environment: Environment,
  { signal }: { signal: AbortSignal },
): AsyncIterable<Check> {
  const { systems } = await environment.reach(signal);
  if (!systems.configured.has('data')) return;
  const area = environment.view.name;
  const data = await systems.data();
  yield* await inParallel([...data.services.values()], {
    atOnce,
    task: async ({ name, shown }): Promise<Check> => {
      const { about, lines, heldBack } = await lookAt(name, { data, now: () => new Date(), signal });
      const what = `data service ${name}`;
      if (about === undefined) {
        const why = lines[0]?.text ?? 'no answer';
        if (heldBack === true)
          return {
            area,
            state: 'note',
            what: `${what}: ${why}`,
            todo: 'Nothing to do; without --read-only doctor asks it.',
          };
        const todo = `Look at ${name} under data in vigie.yaml: where it is, user and password.`;
        return { area, state: 'wrong', what: `${what}: ${why}`, todo };
      }
      const unseen = lines.filter(({ level }) => level === 'not checked');
      const answered = `${what}: ${about} answers (${shown})`;
      if (unseen.length === 0) return { area, state: 'fine', what: answered };
      return {
        area,
        state: 'note',
        what: `${answered}, and ${unseen.length} of its lines cannot be checked: ${unseen[0]?.text ?? ''}`,
        todo: `See which: vigie data status ${name} -e ${area}`,
      };
    },
  });
}
