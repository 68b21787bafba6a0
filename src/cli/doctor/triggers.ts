import { stat } from 'node:fs/promises';
import type { Sender } from '../../config/triggers-config.ts';
import { VigieError } from '../../core/errors.ts';
import { trusted } from '../../core/trusted-text.ts';
import type { Check } from '../../desk/checks/check.ts';
import { askedInVain } from '../../engine/asked-in-vain.ts';
import { type Enabled, namedInVain } from '../../engine/triggers/enabled.ts';
import { environmentOf } from '../../pipeline/look-up.ts';
import { tooFewPeople, whereGroupsStand } from '../../pipeline/too-few-people.ts';
import type { Vigie } from '../../pipeline/vigie.ts';
import { CliLibrary } from '../playbooks/cli-library.ts';
import { enabledHere } from '../runs/enabled-here.ts';
import type { CommonOptions, Session } from '../session.ts';

const area = 'triggers';
const everybodyMayRead = 0o004;

/** Whether what vigie.yaml lets start by itself can, and whether a worker sees to it; nothing where it names none. */
export async function* triggerChecks(
  session: Session,
  { options, vigie }: { options: CommonOptions; vigie: Vigie },
): AsyncIterable<Check> {
  const { playbooks: named, triggers } = await session.config(options);
  for (const sender of [...triggers.alerts, ...triggers.webhooks]) yield* readableSecret(sender);
  if (named.triggers === undefined) return;
  const enabled = await enabledHere(session, options);
  const { playbooks } = enabled;
  for (const { name, why, todo } of namedInVain(enabled))
    yield { area, state: 'wrong', what: `${name} starts by nothing: ${why}`, todo };
  yield* unserved(session, { vigie, playbooks });
  yield* unanswered(session, { options, vigie, playbooks });
}

/** What came round and no worker saw to, and what comes next. */
async function* unserved(
  session: Session,
  { vigie, playbooks }: { vigie: Vigie; playbooks: Enabled['playbooks'] },
): AsyncIterable<Check> {
  const runs = await session.program.openRuns(vigie, {
    definitionOf: () => Promise.reject(new Error('doctor starts nothing')),
  });
  try {
    const [{ findUnserved }, { nextTick }] = await Promise.all([
      import('../../engine/triggers/unserved.ts'),
      import('../../engine/triggers/schedules.ts'),
    ]);
    const { journal } = runs;
    const left = await findUnserved(journal, playbooks);
    for (const { playbook, environment, by, since } of left)
      yield since === undefined
        ? {
            area,
            state: 'note',
            what: `${playbook} in ${environment}: no worker has seen its ${by} yet`,
            todo: 'vigie worker',
          }
        : {
            area,
            state: 'wrong',
            what: `${playbook} in ${environment}: it came round at ${since}, and no worker saw to it`,
            todo: 'vigie worker',
          };
    const { count, next } = nextTick(playbooks, new Date(journal.now()));
    if (left.length === 0 && next !== undefined)
      yield {
        area,
        state: 'fine',
        what: `${count === 1 ? '1 schedule' : `${count} schedules`} of playbooks, the next at ${next.toISOString()}`,
      };
  } finally {
    await runs.close();
  }
}

/** What starts by itself and would wait for people that there are not. */
async function* unanswered(
  session: Session,
  { options, vigie, playbooks }: { options: CommonOptions; vigie: Vigie; playbooks: Enabled['playbooks'] },
): AsyncIterable<Check> {
  const library = new CliLibrary(session, options);
  const unusable = new Map<string, VigieError>();
  const named = (name: string) =>
    library.named(name).catch((error: unknown) => {
      if (!(error instanceof VigieError)) throw error;
      unusable.set(name, error);
      return undefined;
    });
  try {
    for (const { playbook, environments } of playbooks)
      for (const name of environments) {
        const environment = environmentOf(vigie, { environment: name });
        const vain = await askedInVain(playbook, {
          named,
          tooFew: approval => tooFewPeople(vigie, environment, approval),
        });
        for (const { step, why, skips } of vain)
          yield {
            area,
            // Its run goes on without what is left out.
            state: skips ? 'note' : 'wrong',
            what: `${playbook.metadata.name} in ${name}: nobody agrees at ${step}: ${why}`,
            todo: whereGroupsStand,
          };
      }
    for (const { message, hint } of unusable.values())
      yield {
        area,
        state: 'wrong',
        what: `called by what starts by itself: ${message}`,
        todo: hint ?? 'vigie playbooks lint',
      };
  } finally {
    await library.close();
  }
}

/** Whoever reads a sender's secret sends in its name. One that cannot be read at all is told by the worker that listens. */
async function* readableSecret({ name, secret }: Sender): AsyncIterable<Check> {
  if (secret.source !== 'file') return;
  const facts = await stat(secret.locator).catch(() => undefined);
  if (facts === undefined || (facts.mode & everybodyMayRead) === 0) return;
  yield {
    area,
    state: 'note',
    what: `${name}: everybody on this machine may read its secret, and send in its name`,
    todo: trusted`chmod o-r ${secret.locator}`,
  };
}
