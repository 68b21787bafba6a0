import { expect, onTestFinished, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { readPlaybook } from '../../../src/engine/language/read-playbook.ts';
import { openRuns } from '../../../src/runs.ts';
import { headOf, type Rehearsals, startRehearsals } from './rehearsal-of.ts';

const hourMs = 3_600_000;
const scaled = (replicas: number): string =>
  `steps: [{id: more, tool: k8s_scale, with: {target: {kind: Deployment, name: web, namespace: shop}, replicas: ${replicas}, waitSeconds: 60}}]\n`;
const required = `policy: {requireRehearsal: 24h}\n${scaled(3)}`;
const alert = { kind: 'trigger', name: 'alertmanager', via: 'trigger' };

/** Starts a run of what `trial` is now, as the rest of Vigie does. */
async function starting({
  live,
  texts,
  parts,
}: Rehearsals): Promise<(startedBy: JsonObject) => Promise<string>> {
  const runs = await openRuns(live.vigie, {
    definitionOf: async name => {
      const { digest, text } = await parts.named(name);
      return { digest, source: text };
    },
  });
  onTestFinished(() => runs.close());
  return async startedBy => {
    const source = texts.get('trial') ?? '';
    const read = await readPlaybook(source);
    if (read.playbook === undefined) throw new Error(JSON.stringify(read.mistakes));
    const { playbook, digest } = read;
    return runs.start({ id: newId(), playbook, digest, source, inputs: {}, environment: 'test', startedBy });
  };
}

test('what requires a rehearsal is started by nobody but a person at a terminal until there was one', async () => {
  const stage = await startRehearsals();
  stage.texts.set('trial', headOf('trial') + required);
  const start = await starting(stage);
  const unwatched = [
    alert,
    { kind: 'trigger', name: 'nightly', via: 'trigger' },
    { kind: 'agent', name: 'assistant', via: 'mcp-stdio' },
    // Not typed at a terminal, whoever is behind it.
    { kind: 'person', name: 'alice', via: 'mcp-http' },
    {},
  ];
  for (const startedBy of unwatched)
    await expect(start(startedBy)).rejects.toMatchObject({
      code: 'NOT_REHEARSED',
      hint: 'vigie playbooks rehearse trial --environment test',
    });
  expect(await start({ kind: 'person', name: 'alice', via: 'cli', attended: true })).toBe('started');
  await expect(start({ kind: 'person', name: 'cron', via: 'cli', attended: false })).rejects.toMatchObject({
    code: 'NOT_REHEARSED',
  });
  const report = await stage.rehearse(required);
  expect(report.recorded?.head).toMatch(/^[0-9a-f]{64}$/);
  for (const startedBy of unwatched) expect(await start(startedBy)).toBe('started');
});

test('what requires none is started by whoever starts it', async () => {
  const stage = await startRehearsals();
  stage.texts.set('trial', headOf('trial') + scaled(3));
  expect(await (await starting(stage))(alert)).toBe('started');
});

test('a rehearsal counts for as long as the playbook says, and an hour of the future counts for nothing', async () => {
  const stage = await startRehearsals();
  await stage.rehearse(required);
  const start = await starting(stage);
  stage.live.passTime(23 * hourMs);
  expect(await start(alert)).toBe('started');
  stage.live.passTime(2 * hourMs);
  await expect(start(alert)).rejects.toMatchObject({ code: 'NOT_REHEARSED' });
  stage.live.passTime(-26 * hourMs);
  await expect(start(alert)).rejects.toMatchObject({ code: 'NOT_REHEARSED' });
});

test('an edit makes it another playbook, and so does an edit of one that it calls', async () => {
  const stage = await startRehearsals();
  stage.texts.set('inner', headOf('inner') + scaled(3));
  const outer = 'policy: {requireRehearsal: 1h}\nsteps: [{id: call, playbook: inner, with: {}}]\n';
  await stage.rehearse(outer);
  const start = await starting(stage);
  expect(await start(alert)).toBe('started');
  stage.texts.set('inner', headOf('inner') + scaled(4));
  await expect(start(alert)).rejects.toMatchObject({ code: 'NOT_REHEARSED' });
  stage.texts.set('inner', headOf('inner') + scaled(3));
  expect(await start(alert)).toBe('started');
  stage.texts.set('trial', `${headOf('trial')}timeout: 2h\n${outer}`);
  await expect(start(alert)).rejects.toMatchObject({ code: 'NOT_REHEARSED' });
});

test('what a called playbook requires, whoever calls it needs', async () => {
  const stage = await startRehearsals();
  stage.texts.set('inner', headOf('inner') + required);
  stage.texts.set('trial', `${headOf('trial')}steps: [{id: call, playbook: inner, with: {}}]\n`);
  await expect((await starting(stage))(alert)).rejects.toMatchObject({ code: 'NOT_REHEARSED' });
});

test('a rehearsal that failed or was denied proves nothing', async () => {
  const stage = await startRehearsals({ policy: '{low: deny, medium: deny, high: deny}' });
  const report = await stage.rehearse(required);
  expect(report.outcome).toBe('denied');
  await expect((await starting(stage))(alert)).rejects.toMatchObject({ code: 'NOT_REHEARSED' });
});

test('a rehearsal of another cluster under the same name proves nothing', async () => {
  const stage = await startRehearsals();
  await stage.rehearse(required);
  const start = await starting(stage);
  expect(await start(alert)).toBe('started');
  const { state } = stage.live.sandbox.cluster;
  const system = state.get('/namespaces', 'kube-system');
  if (system === undefined) throw new Error('every cluster has one');
  state.put('/namespaces', { ...system, metadata: { ...system.metadata, uid: 'of-another-cluster' } });
  await expect(start(alert)).rejects.toMatchObject({ code: 'NOT_REHEARSED' });
});

test('the record says what was rehearsed, where and by whom, and no input', async () => {
  const stage = await startRehearsals();
  await stage.rehearse(`inputs: {note: {type: string, default: none}}\n${required}`, {
    inputs: { note: 'meet at the old mill' },
  });
  const { audit } = await stage.live.vigie.store();
  const [row] = await audit.list({ limit: 1, events: ['rehearsed'] });
  expect(row).toMatchObject({
    environment: 'test',
    facts: {
      playbook: 'trial',
      outcome: 'done',
      changed: 1,
      notRehearsed: 0,
      onBehalfOf: 'carol',
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      inputs: expect.stringMatching(/^[0-9a-f]{64}$/),
    },
  });
  expect(JSON.stringify(row)).not.toContain('old mill');
  expect(await audit.verify()).toMatchObject({ ok: true });
});
