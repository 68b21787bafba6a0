import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VigieError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { localRunner } from '../../processes/local-runner.ts';

/** A test reads its own samples only, and ends in a second; a loaded machine takes longer. */
const programMs = 60_000;
/** Of what it says about mistakes. */
const saidChars = 1_500;
const rulesName = 'rules.yml';
const testsName = 'tests.yml';

/**
 * Has promtool check a rule file, and run tests on it. Undefined: it is not installed.
 * @throws VigieError INVALID_INPUT with what promtool says, TIMEOUT
 */
export async function checkRules({
  text,
  tests,
}: {
  text: string;
  /** As under `tests` of a test file of promtool. */
  tests: readonly JsonObject[];
}): Promise<'checked' | 'tested' | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'vigie-rules-'));
  try {
    await writeFile(join(folder, rulesName), text, { mode: 0o600 });
    if (!(await run(['check', 'rules', rulesName], folder))) return undefined;
    if (tests.length === 0) return 'checked';
    // JSON is YAML.
    const file = JSON.stringify({ rule_files: [rulesName], tests });
    await writeFile(join(folder, testsName), file, { mode: 0o600 });
    await run(['test', 'rules', testsName], folder);
    return 'tested';
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** False: it is not installed. */
async function run(words: readonly string[], folder: string): Promise<boolean> {
  let said = '';
  // A preview has no signal of its own to stop it by.
  const signal = AbortSignal.timeout(programMs);
  try {
    const running = await localRunner.start({
      argv: ['promtool', ...words],
      folder,
      signal,
      deadlineMs: programMs,
    });
    for await (const chunk of running.stdout)
      if (said.length < saidChars) said += Buffer.from(chunk).toString('utf8');
    const { code, cut, stderr } = await running.ended;
    if (code === 0) return true;
    if (cut !== undefined)
      throw new VigieError('TIMEOUT', `promtool did not end within ${programMs / 1000} s.`);
    said = `${stderr}\n${said}`.trim().replaceAll(`${folder}/`, '').slice(0, saidChars);
  } catch (error) {
    if (error instanceof VigieError && error.code === 'NOT_STARTED') return false;
    throw error;
  }
  const field = words[0] === 'test' ? 'tests' : 'rules';
  throw new VigieError('INVALID_INPUT', `${field}: promtool ${words[0]} rules says: ${said}`, {
    details: { issues: [{ field, message: 'promtool refuses it' }] },
  });
}
