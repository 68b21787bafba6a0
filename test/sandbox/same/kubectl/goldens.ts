import { join } from 'node:path';
import { isObject, type Json } from '../../../../src/core/json.ts';
import { readLines, writeLines } from '../goldens.ts';
import { type KubectlVersion, kubectlVersions } from './kubectls.ts';
import type { Printed } from './run.ts';
import type { Script } from './scripts.ts';
import type { Transcript } from './transcript.ts';

/** What a script of one kubectl printed on a real server, and what passed between the two. */
export interface Recorded {
  version: KubectlVersion;
  printed: Printed[];
  transcript: Transcript;
}

function fileOf({ script }: Script): string {
  return join('test/golden/sandbox/kubectl', `${script}.jsonl`);
}

export function recordedScript(script: Script): Recorded[] {
  const entries = readLines(fileOf(script)).filter(isObject);
  return kubectlVersions.map(version => {
    const own = entries.filter(entry => entry['version'] === version).map(({ entry }) => entry);
    // Written by recordScript.
    return {
      version,
      printed: own.filter(entry => isObject(entry) && entry['line'] !== undefined) as unknown as Printed[],
      transcript: own.filter(entry => isObject(entry) && entry['ask'] !== undefined) as unknown as Transcript,
    };
  });
}

export function recordScript(script: Script, recorded: readonly Recorded[]): void {
  const entries = recorded.flatMap(({ version, printed, transcript }) =>
    [...printed, ...transcript].map(entry => ({ version, entry })),
  );
  // What is recorded is JSON.
  writeLines(fileOf(script), entries as unknown as Json[]);
}
