import { describe, expect, test } from 'vitest';
import { exitStatuses, exitStatusOf, exitStatusOfCode } from '../../src/cli/exit-status.ts';
import { errorCatalogue } from '../../src/core/errors.ts';
import type { CallStatus } from '../../src/core/result.ts';
import { runHere } from '../support/command-line.ts';

const pinned: Record<Exclude<CallStatus, 'failed'>, number> = {
  answered: 0,
  done: 0,
  nothing_to_do: 0,
  unverified: 1,
  approval_required: 3,
  plan_changed: 3,
  denied: 4,
  rejected: 4,
};

describe('the exit status', () => {
  test.each(Object.entries(pinned))('of %s is %i', (status, exit) => {
    expect(exitStatusOf({ status: status as CallStatus, data: {}, text: '' })).toBe(exit);
  });

  test('of an answer is 5 where what was compared differs', () => {
    expect(exitStatusOf({ status: 'answered', data: { differs: true }, text: '' })).toBe(5);
    expect(exitStatusOf({ status: 'answered', data: { differs: false }, text: '' })).toBe(0);
  });

  test('of a failure is 2 where the command line is wrong, and 1 for anything else', () => {
    const usage = Object.keys(errorCatalogue).filter(code => exitStatusOfCode(code) === 2);
    expect(usage).toEqual(['UNKNOWN_TOOL', 'INVALID_INPUT', 'UNKNOWN_ENVIRONMENT']);
    expect(exitStatusOf({ status: 'failed', data: { code: 'FORBIDDEN' }, text: '' })).toBe(1);
    expect(exitStatusOf({ status: 'failed', data: { code: 'INVALID_INPUT' }, text: '' })).toBe(2);
  });

  test('is explained in the help, every one of them', async () => {
    const { stdout } = await runHere(['--help']);
    for (const [status, meaning] of Object.entries(exitStatuses))
      expect(stdout).toContain(`  ${status}  ${meaning}`);
  });

  test('of a fault of ours is 1, and only its id is shown beside the log', async () => {
    const { status, stdout, stderr } = await runHere(['approvals']);
    expect(status).toBe(1);
    expect(stdout).toBe('');
    const [logged = '', shown = ''] = stderr.trim().split('\n');
    const { id, event } = JSON.parse(logged) as { id: string; event: string };
    expect(event).toBe('cli.fault');
    expect(shown).toBe(`error: A fault of Vigie itself, noted in its log as ${id}.`);
  });
});
