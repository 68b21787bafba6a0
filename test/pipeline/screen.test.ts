import { afterEach, expect, test } from 'vitest';
import { reviewTicket } from '../../src/pipeline/settle.ts';
import { idOf, startVigie, type TestVigie } from '../support/start-vigie.ts';

let running: TestVigie | undefined;
afterEach(async () => {
  await running?.stop();
  running = undefined;
});

/** The screen on which a person decides about a manifest. */
async function screenOf(manifest: unknown, more: { reason?: string } = {}): Promise<string> {
  running ??= await startVigie();
  const asked = await running.call('k8s_apply', { manifest: JSON.stringify(manifest), ...more });
  const signal = new AbortController().signal;
  const review = await reviewTicket(running.vigie, { id: idOf(asked), person: 'alice', signal });
  if (!('review' in review)) throw new Error(review.result.text);
  return review.review.screen;
}

const settings = (data: Record<string, string>) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'new', namespace: 'shop' },
  data,
});

test('characters that a terminal hides are spelled out, so that two values never look alike', async () => {
  const screen = await screenOf(
    settings({ mode: 'fa\u200Bst', name: '\u202Egnp.exe', host: 'pаypal.example' }),
  );
  expect(screen).toContain('fa\\u{200b}st');
  expect(screen).toContain('\\u{202e}gnp.exe');
  expect(screen).toContain('p\\u{430}ypal.example');
  expect(screen).toMatch(/2 characters that a terminal would hide are spelled out/);
});

test('no byte of the screen can move the cursor or pass for another line of it', async () => {
  const screen = await screenOf(settings({ a: '\u001B[2J\u001B[H', b: 'x\rApproval     separated' }), {
    reason: 'fine\nRisk         low: nothing',
  });
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  expect(screen).not.toMatch(/[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/);
  expect(screen.match(/^Risk /gm)).toHaveLength(1);
  expect(screen.match(/^Approval /gm)).toHaveLength(1);
  expect(screen.trimEnd().split('\n').at(-1)).toMatch(/^The asker's own words: "/);
});
