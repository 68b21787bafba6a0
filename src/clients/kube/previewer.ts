import { isObject, type Json, type JsonObject } from '../../core/json.ts';
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
import type { DryRunSupport } from './dry-run-support.ts';
import { type LeavingRequest, refuse } from './gates.ts';
import { objectFrom } from './objects.ts';
import { isWithoutDryRun } from './refusals.ts';

/** What the server says a change would leave behind. */
export interface DryRun {
  /** Undefined where nothing would be left, and whenever `checked` is not true. */
  object: KubeObject | undefined;
  /** True when the server itself tried it; else why it could not, and then nothing was sent. */
  checked: true | string;
}

/** Asks the server what a change would do, without doing it. The only sender of dry runs. */
export class KubePreviewer {
  readonly #channel: Channel;
  readonly #place: Place;
  readonly #support: DryRunSupport;

  constructor(channel: Channel, { discovery, support }: { discovery: Discovery; support: DryRunSupport }) {
    this.#channel = channel;
    this.#place = { channel, discovery };
    this.#support = support;
  }

  /** The object as it would be. @throws VigieError as the writer's apply */
  async apply(input: ApplyInput): Promise<DryRun> {
    return sendApply(this.#place, { input, send: intended => this.#try(intended) });
  }

  /** The object as it would be; of a scale, the Scale. @throws VigieError as the writer's patch */
  async patch(input: PatchInput): Promise<DryRun> {
    return this.#try(await intendPatch(this.#place, input));
  }

  /** The object where it would wait for finalizers or its grace period. @throws VigieError as the writer's delete */
  async delete(input: DeleteInput): Promise<DryRun> {
    return this.#try(await intendDelete(this.#place, input));
  }

  /** @throws VigieError as the writer's evict */
  async evict(input: EvictInput): Promise<DryRun> {
    return this.#try(await intendEvict(this.#place, input));
  }

  async #try({ kind, operation, request }: Intended): Promise<DryRun> {
    const subresource =
      operation === 'evict'
        ? 'eviction'
        : request.path.text.endsWith('/scale') && request.method === 'PATCH'
          ? 'scale'
          : undefined;
    const asked = subresource === undefined ? { kind } : {};
    const supported = await this.#support.of(this.#channel, { kind, operation, subresource });
    if (supported !== true) return { object: undefined, checked: supported };
    try {
      const answer = await this.#channel.change({
        ...request,
        query: [...request.query, ['dryRun', 'All']],
        body: triedBody({ operation, body: request.body }),
        gate: dryRunGate,
      });
      const body = parseObject(answer.body, 'the dry run');
      this.#channel.seen(body, 'echoed');
      return { object: body.kind === 'Status' ? undefined : objectFrom(body, asked), checked: true };
    } catch (error) {
      if (!isWithoutDryRun(error)) throw error;
      return { object: undefined, checked: 'a webhook of the cluster cannot tell a dry run from a change' };
    }
  }
}

/** Nothing of the previewer leaves unless the server will read "dry run" in it, in that spelling and once. */
export function dryRunGate(request: LeavingRequest): void {
  assertChange(request);
  const named = [...request.query.keys()].filter(name => name.toLowerCase() === 'dryrun');
  const asked = request.query.getAll('dryRun');
  if (named.length !== 1 || asked.length !== 1 || asked[0] !== 'All')
    refuse(request, 'it is not exactly one dry run');
  if (request.method === 'DELETE' && !saysDryRun(readBody(request)))
    refuse(request, 'its options are no dry run');
  if (request.method === 'POST' && !saysDryRun(readBody(request)?.['deleteOptions']))
    refuse(request, 'its options are no dry run');
}

/** A delete with a body is read from its body alone, and the options of an eviction must not say another thing than its query. */
function triedBody({ operation, body }: { operation: Intended['operation']; body: JsonObject }): JsonObject {
  if (operation === 'patch') return body;
  if (operation === 'delete') return { ...body, dryRun: ['All'] };
  const options = isObject(body.deleteOptions) ? body.deleteOptions : {};
  return { ...body, deleteOptions: { ...options, dryRun: ['All'] } };
}

function readBody({ body }: LeavingRequest): JsonObject | undefined {
  const value = JSON.parse(body ?? 'null') as Json;
  return isObject(value) ? value : undefined;
}

function saysDryRun(options: Json | undefined): boolean {
  if (!isObject(options) || !Array.isArray(options.dryRun)) return false;
  return options.dryRun.length === 1 && options.dryRun[0] === 'All';
}
