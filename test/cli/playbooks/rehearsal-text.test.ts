import { expect, test } from 'vitest';
import { rehearsalText } from '../../../src/cli/playbooks/rehearsal-text.ts';
import { Terminal } from '../../../src/cli/terminal.ts';
import type { RehearsalReport, RehearsedStep } from '../../../src/core/rehearsal.ts';

const { colors } = new Terminal({
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: { NO_COLOR: '1' },
});
const evil = 'a\u001b[2Jb\u202ec\r\nd\u0007';

const step: RehearsedStep = {
  path: evil,
  what: evil,
  status: 'failed',
  why: evil,
  attempts: 1,
  change: {
    targets: [evil],
    risk: 'low',
    diff: `@@ line 1 @@\n+${evil}`,
    asks: evil,
    evidence: [evil],
    final: evil,
  },
};
const report: RehearsalReport = {
  playbook: 'trial',
  digest: 'd'.repeat(64),
  environment: 'prod',
  inputs: {},
  outcome: 'failed',
  why: evil,
  steps: [step],
  wayBack: { cause: 'failed', behind: evil, steps: [step], problems: [evil] },
  blast: { objects: Array.from({ length: 7 }, () => evil), namespaces: ['shop'], podsEnded: 1, podsMade: 0 },
  simulatedSeconds: 3_725,
  tookSeconds: 0,
  unforeseen: [evil],
  copy: { objects: 1, pods: 1, nodes: 1, lacks: [evil] },
};

test('nothing that a cluster says moves the terminal or begins a line of its own', () => {
  const text = rehearsalText(report, colors);
  // oxlint-disable-next-line no-control-regex -- those are what must not be there
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  const own = text.split('\n').filter(line => line.startsWith('d'));
  // In a diff alone a value may have lines.
  expect(own.length).toBe(2);
  expect(text).toContain('and 2 more); 1 pod ends, 0 are made');
  expect(text).toContain('takes     1h 2m by the clock of the copy; the rehearsal took 0s');
});
