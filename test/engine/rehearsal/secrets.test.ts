import { readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { rehearse } from '../../../src/engine/rehearsal/rehearse.ts';
import { headOf, startRehearsals } from './rehearsal-of.ts';

const password = 'planted-password-1234';
const spellings = [password, Buffer.from(password).toString('base64'), Buffer.from(password).toString('hex')];

test('no value of a Secret is in the copy, in what is written of it, in the report or in the audit', async () => {
  const { live, texts, parts, said } = await startRehearsals();
  const { state } = live.sandbox.cluster;
  expect(JSON.stringify(state.all())).toContain(spellings[1]);
  // Where people copy it to.
  state.put('/configmaps', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'careless', namespace: 'shop', uid: 'careless', labels: { was: 'pasted' } },
    data: { url: `postgres://app:${password}@db/shop` },
  });
  const held: string[] = [];
  texts.set(
    'trial',
    `${headOf('trial')}inputs: {note: {type: string, default: none}}
steps:
  - {id: read, tool: k8s_get, with: {target: {kind: Secret, name: db, namespace: shop}}}
  - {id: told, tool: k8s_get, with: {target: {kind: ConfigMap, name: careless, namespace: shop}}}
  - id: write
    tool: k8s_patch
    with: {target: {kind: ConfigMap, name: settings, namespace: shop}, patch: '{data: {note: "\${{ inputs.note }}"}}'}
  - {id: idle, wait: {for: 1m}}
onFailure: {undo: completedInReverse}
`,
  );
  const report = await rehearse(
    live.vigie,
    { playbook: 'trial', environment: 'test', inputs: { note: `it is ${password}` } },
    {
      ...parts,
      play: (order, use) =>
        parts.play(order, async played => {
          held.push(JSON.stringify(order.world), JSON.stringify(played.sandbox.cluster.state.all()));
          held.push(JSON.stringify(played.run), JSON.stringify(played.changes));
          const homes = readdirSync(tmpdir()).filter(
            name => name.startsWith('vigie-play-') && name.includes(`-${process.pid}-`),
          );
          for (const home of homes) held.push(...filesIn(join(tmpdir(), home)));
          return use(played);
        }),
    },
  );
  expect(report.outcome).toBe('done');
  const { audit } = await live.vigie.store();
  const all = [...held, JSON.stringify(report), JSON.stringify(await audit.list({ limit: 50 })), ...said];
  expect(held.some(text => text.includes('vigie-twin-placeholder') || text.includes('dmlnaWUtdHdpb'))).toBe(
    true,
  );
  // The store and the journal of the play are among what was read.
  expect(held.filter(text => text.startsWith('SQLite format 3')).length).toBeGreaterThanOrEqual(2);
  for (const spelling of spellings)
    expect(all.filter(text => text.includes(spelling)).map(text => text.slice(0, 60))).toEqual([]);
});

function filesIn(dir: string): string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' }).flatMap(name => {
    const file = join(dir, name);
    return statSync(file).isFile() ? [readFileSync(file, 'latin1')] : [];
  });
}
