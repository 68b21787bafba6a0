import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '../../../src/core/json.ts';
import type { Subject } from './requests/index.ts';

const folder = 'test/golden/sandbox/answers';

/** What a real server answered to the requests of a subject, by their names. */
export function recordedAnswers({ subject }: Subject): Map<string, JsonObject> {
  const lines = readFileSync(join(folder, `${subject}.jsonl`), 'utf8')
    .trimEnd()
    .split('\n');
  // The JSON border: the file is ours.
  return new Map(lines.map(line => JSON.parse(line) as [string, JsonObject]));
}

/** A line each, so that a change of one answer is a change of one line. */
export function recordAnswers({ subject }: Subject, answers: [string, JsonObject][]): void {
  const lines = answers.map(answer => `${JSON.stringify(answer)}\n`);
  writeFileSync(join(folder, `${subject}.jsonl`), lines.join(''));
}
