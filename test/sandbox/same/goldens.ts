import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json, JsonObject } from '../../../src/core/json.ts';
import { Packing } from './packing.ts';
import type { Subject } from './requests/index.ts';

const folder = 'test/golden/sandbox/answers';

/** Reads a file of packed values, a line each. */
export function readLines(file: string): Json[] {
  const packing = new Packing();
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  // The JSON border: the file is ours.
  return lines.map(line => packing.unpack(JSON.parse(line) as Json));
}

/** A line each, so that a change of one answer is a change of one line. */
export function writeLines(file: string, values: readonly Json[]): void {
  const packing = new Packing();
  writeFileSync(file, values.map(value => `${JSON.stringify(packing.pack(value))}\n`).join(''));
}

/** What a real server answered to the requests of a subject, by their names. */
export function recordedAnswers({ subject }: Subject): Map<string, JsonObject> {
  // Written by recordAnswers.
  return new Map(readLines(join(folder, `${subject}.jsonl`)) as [string, JsonObject][]);
}

export function recordAnswers({ subject }: Subject, answers: [string, JsonObject][]): void {
  writeLines(join(folder, `${subject}.jsonl`), answers);
}
