import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import type { Environment } from '@marcbachmann/cel-js';
import type { JsonObject } from '../../../core/json.ts';
import { caps } from '../caps.ts';
import { celEnvironment, useSafeMatches } from './dialect.ts';
import { celValue, jsonValue } from './values.ts';

// The thread in which expressions run. What a stranger wrote can take as long and as much as it likes here: evaluator.ts
// ends the thread, and nobody else waits. This module is its own entry; elsewhere it only tells where it lies.

/** What is asked of the thread. */
export interface Question {
  source: string;
  /** Every variable by its name. */
  values: JsonObject;
  /** Inputs that are numbers with decimals, also where they are whole. */
  decimals: readonly string[];
}

/** `value` is JSON text; `problem` why there is none. */
export type Reply = { value: string } | { problem: string };

export const workerModule = import.meta.url;

/** By this a thread knows that it is this one: the module is also loaded by others. */
export const workerMark = 'vigie-expressions';

const environments = new Map<string, Environment>();
/** Each playbook has a few sets of variables. */
const mostKept = 50;

if (!isMainThread && workerData === workerMark)
  parentPort?.on('message', (question: Question | 'ready?') =>
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread of Node, and no window
    parentPort?.postMessage(question === 'ready?' ? { value: 'null' } : reply(question)),
  );

function reply({ source, values, decimals }: Question): Reply {
  try {
    const parsed = environmentFor(Object.keys(values)).parse(source);
    useSafeMatches(parsed.ast);
    const context: Record<string, unknown> = Object.create(null);
    for (const [name, value] of Object.entries(values))
      context[name] = name === 'inputs' ? inputValues(value, decimals) : celValue(value);
    const value = JSON.stringify(jsonValue(parsed(context)));
    if (Buffer.byteLength(value) > caps.valueBytes)
      return { problem: `it comes to more than ${caps.valueBytes} bytes` };
    return { value };
  } catch (error) {
    return { problem: problemOf(error) };
  }
}

function environmentFor(names: readonly string[]): Environment {
  const key = names.join(' ');
  const known = environments.get(key);
  if (known !== undefined) return known;
  if (environments.size >= mostKept) environments.clear();
  const made = celEnvironment();
  for (const name of names) made.registerVariable(name, 'dyn');
  environments.set(key, made);
  return made;
}

function inputValues(inputs: unknown, decimals: readonly string[]): unknown {
  return new Map(
    Object.entries(inputs ?? {}).map(([name, value]) => [
      name,
      celValue(value, { decimal: decimals.includes(name) }),
    ]),
  );
}

function problemOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it cannot be evaluated';
  return 'summary' in error && typeof error.summary === 'string' ? error.summary : error.message;
}
