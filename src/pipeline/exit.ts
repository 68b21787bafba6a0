import { VigieError } from '../core/errors.ts';
import { hintOfFault } from '../core/fault.ts';
import { isObject, type Json, type JsonObject } from '../core/json.ts';
import type { KnownSecrets } from '../core/known-secrets.ts';
import { Redactor } from '../core/redaction.ts';
import { type CallResult, type CallStatus, type Steps, stepNames } from '../core/result.ts';
import { cleanText } from '../core/text.ts';
import { asStored } from '../core/trusted-text.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { ReadResult } from '../toolkit/tool.ts';

// An error of a model's call is cut by clients near 11,000 characters; ours are far shorter.
const errorChars = 4_000;

/** An answer before it is masked; what it tells to do stands apart, so that no other text can get there. */
interface Leaving {
  status: CallStatus;
  data: JsonObject & { [name in keyof Steps]?: never };
  steps?: Steps;
  text: string;
  /**
   * Texts of the caller, for an answer that says them again and shows nothing of the cluster; absent: none. Where rows or
   * objects of the cluster are shown, a guess that fits must not uncover one.
   */
  said?: readonly string[];
}

/** The one way out of a call: masks what is secret, strips what can deceive a screen, cuts to the caller's size. */
export class Exit {
  readonly redactor: Redactor;
  readonly #budgetBytes: number;
  readonly #log: Logger;

  constructor(input: { known: KnownSecrets; budgetBytes: number; log: Logger }) {
    this.redactor = new Redactor(input.known);
    this.#budgetBytes = input.budgetBytes;
    this.#log = input.log;
  }

  /** A read's answer; `said` where it shows nothing of the cluster that is not masked yet. */
  answered(result: ReadResult, said: readonly string[] = []): CallResult {
    return this.leave({ status: 'answered', data: result.data, text: result.text, said });
  }

  /** One text that goes out, with the answer or before it. */
  line(text: string, redactor: Redactor = this.redactor): string {
    return redactor.text(cleanText(redactor.text(text)));
  }

  leave(result: Leaving): CallResult {
    const whole: JsonObject = { ...result.data, ...result.steps };
    for (const name of stepNames) {
      const step = whole[name];
      // Of a record, or of an answer that leaves a second time: what cannot be Vigie's own words is none.
      if (step !== undefined && (typeof step !== 'string' || asStored(step) === undefined))
        delete whole[name];
    }
    const redactor = this.#leaving(result.said);
    // Masked again when it is clean: hidden characters may have stood within a value.
    const data = redactor.json(cleanJson(redactor.json(whole)));
    const text = this.line(result.text, redactor);
    return this.#cut({ status: result.status, data: isObject(data) ? data : {}, text });
  }

  #leaving(said: readonly string[] = []): Redactor {
    return said.length === 0 ? this.redactor : this.redactor.leaving(said);
  }

  /** What went wrong, for the caller who `said` these texts. Never throws: when not even the error can be masked, nothing of it is told. */
  failed(error: unknown, said: readonly string[] = []): CallResult {
    try {
      return this.#failed(error, said);
    } catch (fault) {
      const id = crypto.randomUUID().slice(0, 8);
      this.#log.error('internal', { id, fault: fault instanceof Error ? fault.name : 'unknown' });
      const message = `A fault of Vigie itself, noted in its log as ${id}.`;
      return {
        status: 'failed',
        data: { status: 'failed', code: 'INTERNAL', message, retryable: false },
        text: `INTERNAL: ${message}`,
      };
    }
  }

  /** What went wrong, for the caller; a fault of ours is logged with an id and told by it alone. */
  #failed(error: unknown, said: readonly string[]): CallResult {
    const known = this.#asKnown(error);
    // Cut when it is masked: half a value would not be known for one.
    const message = this.line(known.message, this.#leaving(said)).slice(0, errorChars);
    const data: JsonObject = {
      status: 'failed' satisfies CallStatus,
      code: known.code,
      message,
      ...(Object.keys(known.details).length === 0 ? {} : { details: known.details }),
      retryable: known.retryable,
    };
    const hint = known.hint === undefined ? '' : `\n${known.hint}`;
    return this.leave({
      status: 'failed',
      data,
      ...(known.hint === undefined ? {} : { steps: { hint: known.hint } }),
      text: `${known.code}: ${message}${hint}`,
      said,
    });
  }

  #asKnown(error: unknown): VigieError {
    if (error instanceof VigieError) return error;
    if (error instanceof Error && error.name === 'AbortError')
      return new VigieError('CANCELLED', 'The call was stopped before it ended.', { cause: error });
    const id = crypto.randomUUID().slice(0, 8);
    this.#log.error('internal', {
      id,
      error: this.redactor.text(error instanceof Error ? (error.stack ?? error.message) : String(error)),
    });
    return new VigieError('INTERNAL', `A fault of Vigie itself, noted in its log as ${id}.`, {
      hint: hintOfFault(error, { daemon: false }),
      details: { id },
      cause: error,
    });
  }

  #cut(result: CallResult): CallResult {
    const dataBytes = Buffer.byteLength(JSON.stringify(result.data));
    const textBytes = Buffer.byteLength(result.text);
    if (dataBytes + textBytes <= this.#budgetBytes) return result;
    const note = '\n… cut to size: ask for less (a limit, a namespace, one field) or use the command line.';
    const room = Math.max(0, this.#budgetBytes - dataBytes - Buffer.byteLength(note));
    if (dataBytes < this.#budgetBytes / 2 || room > 0) {
      const kept = Buffer.from(result.text).subarray(0, room).toString('utf8').replace(/�+$/, '');
      const whole = kept.includes('\n') ? kept.slice(0, kept.lastIndexOf('\n')) : kept;
      return { ...result, text: whole + note };
    }
    const data = shorten(result.data, this.#budgetBytes - Buffer.byteLength(note));
    return { status: result.status, data, text: note.trim() };
  }
}

/** Drops the longest members until the rest fits; what stays is whole. */
function shorten(data: JsonObject, most: number): JsonObject {
  const sizes = Object.entries(data).map(([key, value]) => ({
    key,
    value,
    bytes: Buffer.byteLength(JSON.stringify(value ?? null)),
  }));
  sizes.sort((a, b) => a.bytes - b.bytes);
  const kept: JsonObject = {};
  let used = 64;
  for (const { key, value, bytes } of sizes) {
    if (used + bytes + key.length + 4 > most) continue;
    kept[key] = value;
    used += bytes + key.length + 4;
  }
  return kept;
}

function cleanJson(value: Json): Json {
  if (typeof value === 'string') return cleanText(value);
  if (Array.isArray(value)) return value.map(cleanJson);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      cleanText(key),
      item === undefined ? undefined : cleanJson(item),
    ]),
  );
}
