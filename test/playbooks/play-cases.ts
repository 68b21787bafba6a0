import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { faultNamed } from '../../src/cli/demo/faults.ts';
import type { PlaybookCase } from '../../src/engine/cases/case-schema.ts';
import { type CaseOutcome, playCase } from '../../src/engine/cases/play-case.ts';
import { readCases } from '../../src/engine/cases/read-cases.ts';
import { Evaluator } from '../../src/engine/language/expressions/evaluator.ts';
import { readPlaybook } from '../../src/engine/language/read-playbook.ts';
import { playInSandbox } from '../../src/play/play-in-sandbox.ts';

/** Of a whole case on a machine that is busy. */
const caseMs = 120_000;

export const shippedPlaybooks = readdirSync('playbooks').toSorted();

export async function definitionOf(name: string) {
  const source = readFileSync(`playbooks/${name}/playbook.yaml`, 'utf8');
  const read = await readPlaybook(source);
  if (read.playbook === undefined) throw new Error(`${name} cannot be read`);
  return { playbook: read.playbook, digest: read.digest, source };
}

/** The cases of a shipped playbook. */
export async function casesOf(name: string): Promise<PlaybookCase[]> {
  const read = await readCases(readFileSync(`playbooks/${name}/test.yaml`, 'utf8'));
  if (read.cases === undefined) throw new Error(`${name}: ${JSON.stringify(read.mistakes)}`);
  return read.cases;
}

async function playOf(
  name: string,
  { one, evaluator }: { one: PlaybookCase; evaluator: Evaluator },
): Promise<CaseOutcome> {
  return playCase(one, {
    ...(await definitionOf(name)),
    definitionOf,
    signal: new AbortController().signal,
    play: (order, use) => playInSandbox(order, { use, version: '0.0.0', evaluator }),
    faultNamed: fault => faultNamed(fault).writes,
  });
}

/** A test for each case of one part of the playbooks: the parts run side by side. */
export async function testPart(part: number, parts: number): Promise<void> {
  const evaluator = new Evaluator();
  afterAll(() => evaluator.close());
  const all: { name: string; one: PlaybookCase }[] = [];
  for (const name of shippedPlaybooks) for (const one of await casesOf(name)) all.push({ name, one });
  for (const { name, one } of all.filter((_, index) => index % parts === part))
    test(`${name}: ${one.name}`, { timeout: caseMs }, async () => {
      expect(await playOf(name, { one, evaluator })).toMatchObject({ problems: [], ok: true });
    });
}
