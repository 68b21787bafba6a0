import type { Actor } from '../core/actor.ts';
import { VigieError } from '../core/errors.ts';
import { againBy, type RunSummary, type RunView } from '../core/journal.ts';
import { isObject, type JsonObject } from '../core/json.ts';
import { KnownSecrets } from '../core/known-secrets.ts';
import { Redactor } from '../core/redaction.ts';
import { cleanLine } from '../core/text.ts';
import type { PlaybookDesk } from '../toolkit/playbook-desk.ts';
import type { Call } from './call.ts';
import { environmentOf } from './look-up.ts';
import { tooFewPeople } from './too-few-people.ts';
import type { Vigie } from './vigie.ts';

const idChars = 64;

/**
 * Playbooks and runs as a call may see them: where Vigie was narrowed for its caller, runs in other environments are unknown
 * to it, as if there were none. What it starts is started in its person's name. Opens with the first use.
 */
export function visiblePlaybooks(vigie: Vigie, caller: Pick<Call, 'actor' | 'session'>): PlaybookDesk {
  const { actor } = caller;
  async function seen(id: string): Promise<RunView> {
    const found = await (await vigie.playbooks()).run(id).catch((error: unknown) => {
      if (error instanceof VigieError && error.code === 'NOT_FOUND') return undefined;
      throw error;
    });
    if (found !== undefined && sees(vigie, found)) return found;
    throw new VigieError('NOT_FOUND', `There is no run ${cleanLine(id, idChars)}.`, {
      hint: 'playbooks_status without run lists them',
    });
  }
  return {
    list: async () => (await vigie.playbooks()).list(),
    get: async name => (await vigie.playbooks()).get(name),
    runnable: async name => (await vigie.playbooks()).runnable(name),
    tools: async () => (await vigie.playbooks()).tools(),
    policyAccepted: async () => (await vigie.policy()).accepted,
    tooFewPeople: async ({ environment, ...asked }) =>
      tooFewPeople(vigie, environmentOf(vigie, { environment }), asked),
    rehearse: async (wanted, doing) => {
      const { view } = environmentOf(vigie, { environment: wanted.environment });
      return (await vigie.playbooks()).rehearse({ ...wanted, environment: view.name }, { ...doing, actor });
    },
    start: async wanted => {
      const { view } = environmentOf(vigie, { environment: wanted.environment });
      const startedBy = startedByOf(actor);
      return (await vigie.playbooks()).start({ ...wanted, environment: view.name, startedBy });
    },
    run: async id => {
      const found = await seen(id);
      return { ...found, input: maskedInput(vigie, found) };
    },
    definitionOf: async run => (await vigie.playbooks()).definitionOf(run),
    runs: async wanted => {
      const { environment, max } = wanted;
      const seen = vigie.narrowed === true ? vigie.environments.map(one => one.view.name) : undefined;
      const environments =
        environment === undefined ? seen : [environmentOf(vigie, { environment }).view.name];
      return (await vigie.playbooks()).runs({ max, ...(environments && { environments }) });
    },
    ask: async (id, what) => {
      await seen(id);
      await (await vigie.playbooks()).ask(id, { what, by: callerOf(caller) });
    },
    resume: async id => (await vigie.playbooks()).resume(await seen(id), callerOf(caller)),
    retry: async (id, { from }) => {
      const found = await seen(id);
      const startedBy = againBy(found, startedByOf(actor));
      return (await vigie.playbooks()).retry(found, { startedBy, ...(from && { from }) });
    },
  };
}

/** Who holds a run lets go of it. A client's name is a label that another may have too: its connection is its own. */
function callerOf({ actor, session }: Pick<Call, 'actor' | 'session'>): JsonObject {
  const { kind, name, via, onBehalfOf } = actor;
  return { kind, name, via, onBehalfOf, ...(session === undefined ? {} : { session }) };
}

/** For people, and for four eyes: `name` is the person, who approves none of what the run asks for. */
function startedByOf({ kind, name, via, onBehalfOf }: Actor): JsonObject {
  return { kind, name: onBehalfOf, via, ...(kind === 'person' ? {} : { client: name }) };
}

function sees(vigie: Vigie, { environment }: Pick<RunSummary, 'environment'>): boolean {
  return vigie.narrowed !== true || vigie.environments.some(one => one.view.name === environment);
}

/** What was handed over stands in the journal as it was typed. */
export function maskedInput(vigie: Vigie, { input, environment }: RunView): JsonObject {
  const place = vigie.environments.find(one => one.view.name === environment);
  const left = new Redactor(place?.known ?? new KnownSecrets()).json(input);
  return isObject(left) ? left : {};
}
