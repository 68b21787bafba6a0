import { expect, test } from 'vitest';
import type { PlaybookCheck, Step } from '../../src/core/playbook.ts';
import { nestedSteps, sectionsOf } from '../../src/engine/language/check/known-steps.ts';
import { definitionOf, shippedPlaybooks } from './play-cases.ts';

/** They wait for something to be wrong, which what was not looked at cannot make so. */
const waitForTrouble = ['game-day: seen'];

/** What waits for an answer: a step of its own, or what proves a change. */
function checksOf(step: Step): { id: string; check: PlaybookCheck }[] {
  const id = step.id ?? step.verb;
  const own =
    step.verb === 'wait' && 'until' in step.wait
      ? [step.wait]
      : step.verb === 'tool' && step.verify !== undefined
        ? [step.verify]
        : step.verb === 'foreach' && 'action' in step.each && step.each.action.verify !== undefined
          ? [step.each.action.verify]
          : [];
  const nested = nestedSteps(step).flatMap(({ steps }) => steps.flatMap(checksOf));
  return [...own.map(check => ({ id, check })), ...nested];
}

test('no playbook holds well what k8s_diagnose could not look at', async () => {
  const blind: string[] = [];
  let looked = 0;
  for (const name of shippedPlaybooks) {
    const { playbook } = await definitionOf(name);
    const checks = sectionsOf(playbook).flatMap(({ steps }) => steps.flatMap(checksOf));
    for (const { id, check } of checks) {
      if (check.tool !== 'k8s_diagnose' || !check.until.includes('findings')) continue;
      looked += 1;
      if (!check.until.includes('size(output.notChecked) == 0')) blind.push(`${name}: ${id}`);
    }
  }
  expect(looked).toBeGreaterThan(15);
  expect(blind).toEqual(waitForTrouble);
});

test('what waits until all was looked at says that this may be what was missing', async () => {
  const silent: string[] = [];
  let said = 0;
  for (const name of shippedPlaybooks) {
    const { playbook } = await definitionOf(name);
    const checks = sectionsOf(playbook).flatMap(({ steps }) => steps.flatMap(checksOf));
    for (const { id, check } of checks) {
      if (check.otherwise === undefined || !check.until.includes('notChecked')) continue;
      said += 1;
      if (!check.otherwise.includes('could be looked at')) silent.push(`${name}: ${id}: ${check.otherwise}`);
    }
  }
  expect(said).toBeGreaterThan(30);
  expect(silent).toEqual([]);
});
