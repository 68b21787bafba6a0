import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Sender, TriggersConfig } from '../../../src/config/triggers-config.ts';
import type { Journal, RunSummary } from '../../../src/core/journal.ts';
import { SecretReference } from '../../../src/core/secret-reference.ts';
import { readPlaybook } from '../../../src/engine/language/read-playbook.ts';
import type { Starting } from '../../../src/engine/start-run.ts';
import type { EnabledPlaybook } from '../../../src/engine/triggers/enabled.ts';
import { openTriggers } from '../../../src/engine/triggers/open-triggers.ts';
import type { Tally } from '../../../src/engine/triggers/tally.ts';
import { openSqliteJournal } from '../../../src/store/journal/sqlite-journal.ts';
import { startVigie, type TestVigie } from '../../support/start-vigie.ts';

export const token = 'a-token-of-the-alertmanager';

/** A Vigie on a sandbox whose worker listens for alerts and webhooks. */
export interface TestTriggers {
  test: TestVigie;
  journal: Journal;
  url: string;
  /** Another worker over the same files. */
  another: () => Promise<{ url: string }>;
  /** Moves the clock of Vigie and its journal. */
  passTime: (ms: number) => void;
  runs: () => Promise<RunSummary[]>;
}

/** A playbook that an alert starts, as its file says but for what is named here. */
export function playbook(
  name: string,
  { on, steps, more = '' }: { on: string; steps?: string; more?: string },
): string {
  return `apiVersion: vigie/v1
kind: Playbook
metadata: {name: ${name}, title: A trial}
on: ${on}
${more}
steps:
  - ${steps ?? '{id: look, tool: k8s_list, with: {kind: Pod, namespace: shop}}'}
`;
}

export async function startTriggers(
  playbooks: readonly string[],
  {
    config = {},
    mayStart = async () => undefined,
    ...setup
  }: Parameters<typeof startVigie>[0] & {
    config?: Partial<TriggersConfig>;
    mayStart?: Starting['mayStart'];
  } = {},
): Promise<TestTriggers> {
  const test = await startVigie(setup);
  onTestFinished(() => test.stop());
  await test.vigie.keys();
  const open = async (): Promise<Journal> => {
    const opened = await openSqliteJournal({
      file: join(test.vigie.place.home, 'runs.db'),
      now: () => test.vigie.now().getTime(),
    });
    onTestFinished(() => opened.close());
    return opened;
  };
  const journal = await open();
  const enabled = await Promise.all(playbooks.map(enabledOf));
  const listen = async (own: Journal): Promise<string> => {
    const listener = await openTriggers({
      parts: { vigie: test.vigie, journal: own, mayStart },
      listen: { host: '127.0.0.1', port: 0 },
      config: async () => ({ ...senders, ...config }),
      env: { ALERTS: token, HOOKS: hookKey },
      enabled: async () => ({ playbooks: enabled, broken: [] }),
    });
    onTestFinished(() => listener.close());
    return listener.url;
  };
  return {
    test,
    journal,
    url: await listen(journal),
    another: async () => ({ url: await listen(await open()) }),
    passTime: ms => test.passTime(ms),
    runs: () => journal.list({ max: 1_000 }),
  };
}

async function enabledOf(source: string): Promise<EnabledPlaybook> {
  const read = await readPlaybook(source);
  if (read.playbook === undefined) throw new Error(JSON.stringify(read.mistakes));
  return { playbook: read.playbook, digest: read.digest, source, environments: ['test'] };
}

export const hookKey = 'a-key-that-signs-deliveries';

const senders: TriggersConfig = {
  behindTlsProxy: false,
  hostnames: [],
  alerts: [senderOf('main', { proof: 'bearer', from: 'env:ALERTS' })],
  webhooks: [
    senderOf('signed', { proof: 'hmac', from: 'env:HOOKS' }),
    senderOf('told', { proof: 'bearer', from: 'env:ALERTS' }),
  ],
};

function senderOf(name: string, { proof, from }: { proof: Sender['proof']; from: string }): Sender {
  const secret = SecretReference.parse(from);
  if (secret === undefined) throw new Error(from);
  return { name, environment: 'test', proof, secret };
}

/** An alert as Alertmanager tells of it. */
export function alertOf(
  labels: Record<string, string>,
  { status = 'firing', ...more }: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    status,
    labels,
    annotations: { summary: 'Killed for want of memory' },
    startsAt: '2026-11-22T03:00:00.000Z',
    endsAt: '0001-01-01T00:00:00Z',
    generatorURL: 'http://prometheus.test/graph',
    fingerprint: 'c6eadffa33fcdf37',
    ...more,
  };
}

/** A group of alerts. */
export function groupOf(...alerts: Record<string, unknown>[]): Record<string, unknown> {
  return { version: '4', groupKey: '{}:{}', status: 'firing', receiver: 'vigie', alerts };
}

/** Sends it, and tells what was answered. */
export async function send(
  url: string,
  body: unknown,
  headers: Record<string, string> = { authorization: `Bearer ${token}` },
): Promise<{ status: number; tally: Tally; error: string; headers: Headers }> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const told: Tally & { error: string } = JSON.parse(await answer.text());
  return { status: answer.status, tally: told, error: told.error, headers: answer.headers };
}

/** What a signed delivery carries. */
export function signed(
  body: string,
  { id = 'msg_1', at = Date.now(), key = hookKey }: { id?: string; at?: number; key?: string } = {},
): Record<string, string> {
  const timestamp = String(Math.floor(at / 1000));
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}
