import { environmentOf } from '../../pipeline/look-up.ts';
import type { Environment, Vigie } from '../../pipeline/vigie.ts';
import type { EnabledPlaybook } from './enabled.ts';
import { type EventListener, EventStarts } from './event-starts.ts';
import type { TriggerParts } from './start-by-trigger.ts';
import { watchEvents } from './watch-events.ts';

/** Each is a connection that stands: more namespaces than these are better watched as one environment of all. */
const mostPlaces = 50;

/** What is watched of one environment. */
interface Watched {
  environment: Environment;
  /** The namespaces that are watched, as one text. */
  places: string;
  starts: EventStarts;
  stop: AbortController;
  going: Promise<unknown>;
}

/** The watches of a worker: for an environment one a namespace, or one in all, however many playbooks ask for events. */
export class EventWatches {
  readonly #parts: TriggerParts;
  readonly #listener: EventListener;
  readonly #watched = new Map<string, Watched>();

  constructor(input: { parts: TriggerParts; listener: EventListener }) {
    this.#parts = input.parts;
    this.#listener = input.listener;
  }

  /** How many connections stand for it. */
  get count(): number {
    return [...this.#watched.values()].reduce((sum, { places }) => sum + places.split(' ').length, 0);
  }

  /** Watches what these playbooks ask for, and nothing else. `vigie`: in force. @throws VigieError STORE */
  async follow(vigie: Vigie, playbooks: readonly EnabledPlaybook[]): Promise<void> {
    const asking = playbooks.filter(({ playbook }) => playbook.on.event !== undefined);
    const names = new Set(asking.flatMap(({ environments }) => environments));
    for (const name of this.#watched.keys()) if (!names.has(name)) await this.#end(name);
    for (const name of names)
      await this.#watch(
        environmentOf(vigie, { environment: name }),
        asking.filter(({ environments }) => environments.includes(name)),
      );
  }

  async close(): Promise<void> {
    await Promise.all([...this.#watched.keys()].map(name => this.#end(name)));
  }

  async #watch(environment: Environment, playbooks: readonly EnabledPlaybook[]): Promise<void> {
    const { name, kind, namespaces } = environment.view;
    const known = this.#watched.get(name);
    // An empty name is all of them.
    const places = (namespaces ?? ['']).slice(0, mostPlaces);
    if (known !== undefined && known.places === places.join(' ')) {
      known.environment = environment;
      return known.starts.listen(playbooks);
    }
    if (known !== undefined) await this.#end(name);
    if (kind === 'none') return;
    if (namespaces !== undefined && namespaces.length > mostPlaces)
      this.#listener.said(`${name}: events are watched in its first ${mostPlaces} namespaces.`);
    const { journal } = this.#parts;
    const starts = new EventStarts({ environment: name, parts: this.#parts, listener: this.#listener });
    // Before the first event is heard.
    await starts.listen(playbooks);
    const stop = new AbortController();
    const watched: Watched = {
      environment,
      places: places.join(' '),
      starts,
      stop,
      going: Promise.resolve(),
    };
    const watches = places.map(place =>
      watchEvents({
        environment: () => watched.environment,
        namespace: place === '' ? undefined : place,
        now: () => journal.now(),
        heard: (event, at) => starts.hear(event, at),
        said: this.#listener.said,
        signal: stop.signal,
      }),
    );
    watched.going = Promise.all(
      [starts.work(), ...watches].map(each => each.catch((error: unknown) => this.#listener.failed(error))),
    );
    this.#watched.set(name, watched);
  }

  async #end(name: string): Promise<void> {
    const watched = this.#watched.get(name);
    this.#watched.delete(name);
    watched?.stop.abort();
    watched?.starts.stop();
    await watched?.going;
  }
}
