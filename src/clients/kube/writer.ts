import type { KubeObject } from '../../kubernetes/object.ts';
import { parseObject } from './answers.ts';
import {
  type ApplyInput,
  assertChange,
  type DeleteInput,
  type EvictInput,
  type Intended,
  intendDelete,
  intendEvict,
  intendPatch,
  type PatchInput,
  type Place,
  sendApply,
} from './changes.ts';
import type { Channel } from './channel.ts';
import type { Discovery } from './discovery.ts';
import { type LeavingRequest, refuse } from './gates.ts';
import { objectFrom } from './objects.ts';

/**
 * Changes a cluster; nothing is ever sent twice. Every method may throw VigieError OUT_OF_BOUNDS, FORBIDDEN,
 * CONFLICT (details.cause: changed, replaced or owned), REJECTED_BY_SERVER, INVALID_MANIFEST or NOT_FOUND; and
 * UNREACHABLE, TIMEOUT, BAD_RESPONSE or CANCELLED, whose details.outcomeUnknown says that it may have been done.
 */
export class KubeWriter {
  readonly #channel: Channel;
  readonly #place: Place;

  constructor(channel: Channel, discovery: Discovery) {
    this.#channel = channel;
    this.#place = { channel, discovery };
  }

  /** Server-side apply: creates the object, or sets the fields it names. @throws VigieError ALREADY_EXISTS with mustCreate */
  async apply(input: ApplyInput): Promise<KubeObject> {
    return objectFrom(await sendApply(this.#place, { input, send: intended => this.#send(intended) }));
  }

  /** Patch of the object that was read, if it is still as it was. */
  async patch(input: PatchInput & { uid: string; resourceVersion: string }): Promise<KubeObject> {
    return objectFrom(await this.#send(await intendPatch(this.#place, input)));
  }

  /** Begins the deletion of one object; finalizers and the grace period may keep it for a while. */
  async delete(input: DeleteInput): Promise<void> {
    await this.#send(await intendDelete(this.#place, input));
  }

  /** Begins the deletion of one pod. @throws VigieError BLOCKED_BY_BUDGET where a PodDisruptionBudget does not allow it now */
  async evict(input: EvictInput): Promise<void> {
    await this.#send(await intendEvict(this.#place, input));
  }

  async #send({ kind, request }: Intended) {
    const answer = await this.#channel.change({ ...request, gate: changeGate });
    const body = parseObject(answer.body, 'the change');
    this.#channel.seen(body, 'echoed');
    if (kind.kind === 'CustomResourceDefinition') this.#place.discovery.expectNews();
    return body;
  }
}

/** A change says nothing of a dry run: half of one would be a change that somebody took for a try. */
export function changeGate(request: LeavingRequest): void {
  assertChange(request);
  const halfTry = [...request.query.keys()].some(name => name.toLowerCase() === 'dryrun');
  if (halfTry) refuse(request, 'it is half a dry run');
}
