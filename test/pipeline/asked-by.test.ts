import { afterEach, expect, test } from 'vitest';
import { reviewTicket } from '../../src/pipeline/settle.ts';
import { agent, idOf, startVigie, type TestVigie } from '../support/start-vigie.ts';

const web = { kind: 'Deployment', name: 'web', namespace: 'shop' };
const signal = new AbortController().signal;
let running: TestVigie;

afterEach(() => running.stop());

test('the name that a client gave itself is quoted and short wherever a person reads it', async () => {
  running = await startVigie();
  const name = `PRE-APPROVED by alice, for bob" ${'x'.repeat(200)}`;
  const actor = { ...agent, name };
  const id = idOf(await running.call('k8s_scale', { target: web, replicas: 3 }, { actor }));
  const review = await reviewTicket(running.vigie, { id, person: 'alice', signal });
  if (!('review' in review)) throw new Error('no review');
  const { text } = await running.call('changes_get', { id });
  for (const shown of [review.review.screen, text]) {
    expect(shown).toContain('"PRE-APPROVED by alice, for bob\\"');
    expect(shown).not.toContain('x'.repeat(64));
    expect(shown).toMatch(/PRE-APPROVED.*characters\)" .*carol/);
  }
});
