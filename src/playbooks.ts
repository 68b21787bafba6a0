import type { RunsDoor } from './cli/program.ts';
import { sha256Hex } from './core/digest.ts';
import { VigieError } from './core/errors.ts';
import { newId } from './core/ids.ts';
import type { RunSummary } from './core/journal.ts';
import { canonicalJson, type JsonObject } from './core/json.ts';
import { limits } from './core/limits.ts';
import { OneByOne } from './core/one-by-one.ts';
import { trusted } from './core/trusted-text.ts';
import { listPlaybooks, type PlaybookFile, readNamed, textOf } from './engine/catalogue/catalogue.ts';
import { Library } from './engine/catalogue/library.ts';
import { definitionOf } from './engine/interpreter/definition-of.ts';
import { retryOf } from './engine/kept-of.ts';
import { isWatched, refuseUnrehearsed } from './engine/rehearsal/refuse-unrehearsed.ts';
import { heldByText } from './engine/started-by.ts';
import type { Vigie } from './pipeline/vigie.ts';
import { openRuns } from './runs.ts';
import { RunsGoingOn } from './runs-going-on.ts';
import type { ExaminedPlaybook, PlaybookRuns, StartedRun } from './toolkit/playbook-desk.ts';

/** Runs of one environment that have not ended: far more than go on at once, and no more than a person can look through. */
const mostOpen = 50;

type Snapshot = { key: string; library: Library; examined: readonly ExaminedPlaybook[] };

/**
 * Playbooks and runs for the callers of one process. What is started here is gone on with here while the process lives.
 * `vigie` has every family of tools: a step may call what its starter is not offered by itself.
 */
export class Playbooks implements PlaybookRuns {
  readonly #vigie: () => Vigie;
  readonly #directory: () => string | undefined;
  #snapshot: Promise<Snapshot> | undefined;
  /** Each plays a whole cluster in this process: one after another. */
  readonly #rehearsals = new OneByOne();
  #door: Promise<{ runs: RunsDoor; going: RunsGoingOn }> | undefined;

  constructor(parts: { vigie: () => Vigie; directory: () => string | undefined }) {
    this.#vigie = parts.vigie;
    this.#directory = parts.directory;
  }

  async list(): Promise<readonly ExaminedPlaybook[]> {
    return (await this.#look()).examined;
  }

  async get(name: string): Promise<ExaminedPlaybook> {
    const found = (await this.list()).find(each => each.name === name);
    if (found !== undefined) return found;
    // Says which are near.
    const { origin } = await readNamed(name, this.#directory());
    return { name, origin, mistakes: [] };
  }

  async runnable(name: string): ReturnType<Library['named']> {
    const { library, examined } = await this.#look();
    const [first, ...others] = examined.find(each => each.name === name)?.mistakes ?? [];
    if (first === undefined) return library.named(name);
    // Where it lies is nothing that an assistant has to know.
    throw new VigieError(
      'PLAYBOOK',
      `The playbook ${name} has mistakes, the first in line ${first.line}: ${first.message}.`,
      { hint: trusted`playbooks_get with name ${name}`, details: { mistakes: others.length + 1 } },
    );
  }

  async tools(): Promise<ReadonlyMap<string, 'read' | 'change'>> {
    return new Map(this.#vigie().tools.flatMap(({ name, kind }) => (kind === 'act' ? [] : [[name, kind]])));
  }

  async rehearse(
    { name, environment, inputs }: Parameters<PlaybookRuns['rehearse']>[0],
    doing: Parameters<PlaybookRuns['rehearse']>[1],
  ): ReturnType<PlaybookRuns['rehearse']> {
    return this.#rehearsals.run(async () => {
      const [{ rehearse }, { playInSandbox }] = await Promise.all([
        import('./engine/rehearsal/rehearse.ts'),
        import('./play/play-in-sandbox.ts'),
      ]);
      const vigie = this.#vigie();
      const { version } = vigie;
      return await rehearse(
        vigie,
        { playbook: name, environment, inputs },
        {
          ...doing,
          named: each => this.runnable(each),
          play: (order, use) => playInSandbox(order, { use, version }),
        },
      );
    });
  }

  async start({
    name,
    environment,
    inputs,
    startedBy,
  }: Parameters<PlaybookRuns['start']>[0]): Promise<StartedRun | undefined> {
    const { playbook, digest, text } = await this.runnable(name);
    const { runs, going } = await this.#open();
    const id = newId();
    const order = { id, playbook, digest, source: text, inputs, environment, startedBy, mostOpen };
    const started = await runs.start(order);
    return started === 'skipped' ? undefined : { id, goesOnHere: going.goOn(id) };
  }

  async run(id: string): ReturnType<PlaybookRuns['run']> {
    const { runs } = await this.#open();
    const found = await runs.journal.get(id);
    if (found !== undefined) return found;
    throw new VigieError('NOT_FOUND', 'There is no such run.');
  }

  async definitionOf({ digest }: Pick<RunSummary, 'digest'>): ReturnType<PlaybookRuns['definitionOf']> {
    return definitionOf((await this.#open()).runs.journal, digest);
  }

  async runs({ environments, max }: Parameters<PlaybookRuns['runs']>[0]): Promise<RunSummary[]> {
    const { journal } = (await this.#open()).runs;
    if (environments === undefined) return journal.list({ max });
    const found = await Promise.all(environments.map(environment => journal.list({ environment, max })));
    return found
      .flat()
      .toSorted((a, b) => b.startedAt - a.startedAt)
      .slice(0, max);
  }

  async ask(id: string, { what, by }: Parameters<PlaybookRuns['ask']>[1]): Promise<void> {
    const { runs, going } = await this.#open();
    await runs.journal.request(id, what, { by });
    // Somebody has to close its tickets and clean up.
    if (what === 'cancel') going.goOn(id);
  }

  async resume(run: RunSummary, by: JsonObject): Promise<StartedRun> {
    const { id, status, endedAt, heldBy } = run;
    const { runs, going } = await this.#open();
    if (status === 'paused' && canonicalJson(heldBy ?? null) !== canonicalJson(by)) {
      const who = heldByText(run) || 'somebody else';
      throw new VigieError('CONFLICT', `The run ${id} is held by ${who}.`, {
        hint: trusted`A person lets it go on: vigie runs resume ${id}`,
      });
    }
    // The journal says why one that has ended does not go on.
    if (status === 'paused' || endedAt !== undefined) await runs.journal.request(id, 'resume');
    return { id, goesOnHere: going.goOn(id) };
  }

  async retry(
    run: Parameters<PlaybookRuns['retry']>[0],
    { from, startedBy }: Parameters<PlaybookRuns['retry']>[1],
  ): Promise<StartedRun> {
    const { runs, going } = await this.#open();
    if (!isWatched(startedBy)) await this.#refuseChanged(run);
    const { playbook, keep } = await retryOf(runs.journal, { run, from });
    await refuseUnrehearsed(this.#vigie(), {
      order: { playbook, digest: run.digest, environment: run.environment, startedBy },
      definitionOf: name => this.#definition(name),
      signal: AbortSignal.timeout(limits.requestMs),
    });
    const id = newId();
    await runs.journal.fork(run.id, { id, keep, startedBy, mostOpen });
    return { id, goesOnHere: going.goOn(id) };
  }

  /** Lets go of what goes on here, and waits until it has recorded what stands. */
  async close(): Promise<void> {
    const { library } = (await this.#snapshot?.catch(() => undefined)) ?? {};
    await library?.close();
    const door = await this.#door?.catch(() => undefined);
    await door?.going.close();
    await door?.runs.close();
  }

  /** Whoever mends or withdraws a playbook does not expect an assistant to run its old text once more. */
  async #refuseChanged({ id, name, digest }: RunSummary): Promise<void> {
    const now = await this.runnable(name);
    if (now.digest === digest) return;
    throw new VigieError('CONFLICT', `The playbook ${name} is another text since the run ${id} began.`, {
      hint: trusted`playbooks_run with name ${name}; a person runs the old text again: vigie runs retry ${id}`,
    });
  }

  async #definition(name: string): Promise<{ digest: string; source: string }> {
    const { digest, text } = await this.runnable(name);
    return { digest, source: text };
  }

  async #open(): Promise<{ runs: RunsDoor; going: RunsGoingOn }> {
    this.#door ??= this.#openDoor().catch((error: unknown) => {
      this.#door = undefined;
      throw error;
    });
    return this.#door;
  }

  async #openDoor(): Promise<{ runs: RunsDoor; going: RunsGoingOn }> {
    const vigie = this.#vigie();
    const runs = await openRuns(vigie, {
      definitionOf: name => this.#definition(name),
    });
    return { runs, going: new RunsGoingOn(runs, vigie.log) };
  }

  /** All playbooks as they lie there now; examined again only when one is another. */
  async #look(): Promise<Snapshot> {
    const directory = this.#directory();
    const files = await Promise.all(
      (await listPlaybooks(directory)).map(async file => ({ file, text: await textOrProblem(file) })),
    );
    const key = sha256Hex(JSON.stringify(files.map(({ file, text }) => [file.name, file.file, text])));
    const before = await this.#snapshot?.catch(() => undefined);
    if (before?.key === key) return before;
    const made = this.#examine(key, { files, directory });
    this.#snapshot = made;
    // What still asks it starts another thread, which keeps nothing alive.
    await before?.library.close();
    return made;
  }

  async #examine(
    key: string,
    {
      files,
      directory,
    }: { files: { file: PlaybookFile; text: string | VigieError }[]; directory: string | undefined },
  ): Promise<Snapshot> {
    const tools = this.#vigie().tools;
    const library = new Library({ tools, directory: async () => directory });
    const examined: ExaminedPlaybook[] = [];
    for (const { file, text } of files) {
      const { name, origin } = file;
      if (typeof text !== 'string') {
        const mistake = { line: 1, column: 1, field: '', message: text.message, fix: text.hint ?? '' };
        examined.push({ name, origin, mistakes: [mistake] });
        continue;
      }
      const { playbook, digest, mistakes } = await library.examine(text, { name });
      examined.push({
        name,
        origin,
        mistakes,
        ...(playbook === undefined ? {} : { playbook }),
        ...(digest === undefined ? {} : { digest }),
      });
    }
    return { key, library, examined };
  }
}

/** One that cannot be read is told among the others, and hides none of them. */
async function textOrProblem(file: PlaybookFile): Promise<string | VigieError> {
  try {
    return (await textOf(file)) ?? '';
  } catch (error) {
    if (error instanceof VigieError) return error;
    throw error;
  }
}
