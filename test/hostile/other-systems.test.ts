import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { copyKey, signDocument } from '../../src/backups/copy-signature.ts';
import { addToken } from '../../src/config/tokens.ts';
import { drillName, newCopyId } from '../../src/core/copy.ts';
import type { Json } from '../../src/core/json.ts';
import { serveHttp } from '../../src/server/http.ts';
import { toolsOf } from '../../src/tools/toolsets.ts';
import { startFakeLoki } from '../support/fake-loki.ts';
import { connectHttp } from '../support/mcp-clients.ts';
import { allowAgainAndAgain, startVigie } from '../support/start-vigie.ts';
import { textsOf } from './injections.ts';
import { calledIn, expectMarked, type Told, untold } from './marked.ts';

const logs = textsOf('log');
const labels = textsOf('event');
const notes = textsOf('annotation');
const errors = textsOf('error');

/** A fake that is Prometheus, Alertmanager and Grafana in one, and whose every text wants something done. */
async function startHostile(): Promise<string> {
  const now = Date.now() / 1000;
  const metric = { __name__: 'up', job: labels[0] ?? '', instance: labels[1] ?? '' };
  const rule = {
    name: 'Hostile',
    query: 'up == 0',
    type: 'alerting',
    state: 'firing',
    health: 'err',
    lastError: errors[0] ?? '',
    labels: { severity: labels[2] ?? '' },
    annotations: { summary: notes[0] ?? '', description: notes[1] ?? '' },
    alerts: [
      {
        labels: { alertname: 'Hostile', pod: labels[3] ?? '' },
        annotations: { summary: notes[2] ?? '' },
        state: 'firing',
        activeAt: new Date().toISOString(),
        value: '1',
      },
    ],
  };
  const data: Record<string, Json> = {
    '/api/v1/query': { resultType: 'vector', result: [{ metric, value: [now, '1'] }] },
    '/api/v1/query_range': { resultType: 'matrix', result: [{ metric, values: [[now, '1']] }] },
    '/api/v1/labels': ['__name__', 'job'],
    '/api/v1/label/__name__/values': ['up', 'up_obeyed'],
    '/api/v1/label/job/values': [labels[0] ?? ''],
    '/api/v1/metadata': { up: [{ type: 'gauge', help: notes[3] ?? '', unit: '' }] },
    '/api/v1/rules': { groups: [{ name: labels[4] ?? '', file: 'f', interval: 15, rules: [rule] }] },
    '/api/v1/targets': { activeTargets: [{ labels: metric, health: 'down', lastError: errors[1] ?? '' }] },
    '/api/v1/status/buildinfo': { version: '3.5.0', goVersion: 'go1' },
  };
  const bare: Record<string, Json> = {
    '/api/v2/alerts': [
      {
        fingerprint: 'f',
        labels: { alertname: 'Hostile', pod: labels[3] ?? '' },
        annotations: { summary: notes[2] ?? '' },
        startsAt: new Date().toISOString(),
        endsAt: new Date(Date.now() + 3_600_000).toISOString(),
        updatedAt: new Date().toISOString(),
        receivers: [],
        status: { state: 'active', silencedBy: [], inhibitedBy: [] },
      },
    ],
    '/api/v2/silences': [],
    '/api/v2/status': { versionInfo: { version: '0.28.0' }, uptime: new Date().toISOString() },
  };
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://fake');
    const answer = Object.hasOwn(data, pathname)
      ? { status: 'success', warnings: [notes[4] ?? ''], data: data[pathname] ?? null }
      : bare[pathname];
    response.setHeader('content-type', 'application/json');
    if (answer === undefined) {
      response.statusCode = 422;
      response.end(
        JSON.stringify({ status: 'error', errorType: 'execution', error: errors[2], message: errors[3] }),
      );
    } else response.end(JSON.stringify(answer));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
}

test('what metrics, logs and copies hold comes out of every tool marked, clean, and nowhere as a next step', async () => {
  const url = await startHostile();
  const loki = await startFakeLoki();
  const at = BigInt(Date.now() - 60_000) * 1_000_000n;
  for (const [index, line] of logs.entries())
    loki.push({ namespace: 'shop', pod: labels[0] ?? '' }, [[at + BigInt(index), line]]);
  const running = await startVigie({
    sections: `    metrics:
      prometheus: {url: ${url}}
      alertmanager: {url: ${url}}
      grafana: {url: ${url}}
      slos: {checkout: {objective: 99, window: 30d, good: 'up[$window]', total: 'up[$window]'}}
      rules: {directory: /nothing-is-here}
    logs: {loki: {url: ${loki.url}}}
    backups:
      destinations: {disk: {directory: /nothing-is-here, media: disk}}
      sets: {shop: {engine: sqlite, path: /nothing-is-here/shop.db, to: [disk], retention: {last: 1}}}
`,
  });
  onTestFinished(() => running.stop());
  const tokensFile = join(running.dir, 'tokens.yaml');
  const { secret } = await addToken(tokensFile, { name: 'laptop', person: 'carol' });
  const service = await serveHttp({ vigie: running.vigie, host: '127.0.0.1', port: 0, tokensFile });
  onTestFinished(() => service.close());
  const client = await connectHttp(service.url, { era: 'modern', secret });
  onTestFinished(() => client.close());
  const answers: Told[] = [];
  const call = async (tool: string, input: object) => {
    const answer = await client.callTool({ name: tool, arguments: { ...input } });
    answers.push({ what: `${tool} ${JSON.stringify(input).slice(0, 200)}`, answer });
  };
  for (const more of [{}, { from: '1h' }, { format: 'json' }, { raw: true }])
    await call('metrics_query', { query: 'up', ...more });
  await call('metrics_query', { query: 'nothing_of_that_name' });
  await call('metrics_find', { words: 'up' });
  await call('metrics_find', { metric: 'up' });
  await call('metrics_alerts', {});
  await call('metrics_slo', {});
  await call('metrics_silence', { matchers: ['alertname=Hostile'], comment: 'tried' });
  await call('metrics_silence', { expire: '00000000-0000-0000-0000-000000000000' });
  await call('metrics_rule', { name: 'hostile', rules: [{ alert: 'Hostile', expr: 'up == 0' }] });
  await call('metrics_dashboard', { title: 'Hostile', panels: [{ title: 'up', query: 'up' }] });
  for (const raw of [false, true]) await call('logs_query', { namespace: 'shop', from: '1h', raw });
  await call('logs_query', { query: '{namespace="shop"} |= `nothing`' });
  await call('logs_patterns', { namespace: 'shop', since: '30m' });
  await call('backups_list', {});
  await call('backups_list', { set: 'shop' });
  for (const tool of ['backups_run', 'backups_prune', 'backups_drill']) await call(tool, { set: 'shop' });
  await call('backups_restore', { set: 'shop', into: '/nothing-is-here/again.db' });
  await call('backups_schedule', { set: 'shop', cron: '0 3 * * *' });

  const families = ['metrics', 'logs', 'backups'];
  expect(calledIn(answers)).toEqual(new Set(toolsOf(families, { readOnly: false }).map(tool => tool.name)));
  expect(untold(answers, [...logs, labels[0] ?? '', notes[2] ?? '', notes[4] ?? ''])).toEqual([]);
  expectMarked(answers, [...logs, ...labels, ...notes, ...errors]);
});

test('what is planted among copies comes out marked, clean, and nowhere as a next step: copies, reports and a lock', async () => {
  const disk = mkdtempSync(join(tmpdir(), 'planted-'));
  onTestFinished(() => rmSync(disk, { recursive: true, force: true }));
  const running = await startVigie({
    policy: `${allowAgainAndAgain}
    backups:
      destinations: {disk: {directory: ${disk}, media: disk}}
      sets: {shop: {engine: sqlite, path: ${disk}/shop.db, to: [disk], retention: {last: 1}}}
`,
  });
  onTestFinished(() => running.stop());
  const signs = copyKey((await running.vigie.keys()).copies);
  const set = 'shop';
  const texts = [...logs, ...labels, ...notes, ...errors];
  const told = (at: number): string => texts[at % texts.length] ?? '';
  const idOfHour = (hour: number): string => newCopyId(new Date(Date.now() - hour * 3_600_000));
  const manifestOf = (copy: string, at: number) => ({
    version: 1,
    set,
    copy,
    engine: told(at).slice(0, 63),
    startedAt: new Date().toISOString(),
    finishedAt: new Date().toISOString(),
    parts: [{ name: 'database.sqlite', bytes: 1, sha256: '0'.repeat(64) }],
    encryption: 'none',
    contents: {
      how: 'snapshot',
      at: new Date().toISOString(),
      items: [{ name: told(at + 1), count: 1, hash: told(at + 2).slice(0, 200) }],
      marker: told(at + 3),
    },
    source: { [told(at + 4).slice(0, 100)]: told(at + 5) },
    tools: { server: told(at + 6) },
  });
  const lay = (copy: string, file: string, text: string): void => {
    mkdirSync(join(disk, set, copy), { recursive: true });
    writeFileSync(join(disk, set, copy, 'database.sqlite'), 'x');
    writeFileSync(join(disk, set, copy, file), text);
  };
  const copies = [0, 1, 2, 3].map(idOfHour);
  const [unsigned = '', signedOne = '', misfit = '', failed = ''] = copies;
  lay(unsigned, 'manifest.json', JSON.stringify(manifestOf(unsigned, 0)));
  for (const [index, copy] of [signedOne, failed].entries())
    lay(
      copy,
      'manifest.json',
      signDocument(JSON.stringify(manifestOf(copy, 7 * index + 7)), {
        signs,
        of: { environment: 'test', what: 'manifest', set, copy },
      }),
    );
  // What does not fit is quoted with its path, which is a key of whoever wrote it.
  const odd = { ...manifestOf(misfit, 0), source: { [labels[0] ?? '']: 1 } };
  lay(
    misfit,
    'manifest.json',
    signDocument(JSON.stringify(odd), {
      signs,
      of: { environment: 'test', what: 'manifest', set, copy: misfit },
    }),
  );
  const report = {
    version: 1,
    set,
    copy: failed,
    manifest: createHash('sha256')
      .update(readFileSync(join(disk, set, failed, 'manifest.json')))
      .digest('hex'),
    at: new Date().toISOString(),
    passed: false,
    tookMs: 1,
    checks: [{ what: notes[0] ?? '', passed: false, expected: notes[1] ?? '', found: notes[2] ?? '' }],
    where: notes[3] ?? '',
    tools: { server: errors[0] ?? '' },
  };
  lay(
    failed,
    drillName(new Date(report.at)),
    signDocument(JSON.stringify(report), {
      signs,
      of: { environment: 'test', what: 'report', set, copy: failed },
    }),
  );
  mkdirSync(join(disk, set, (logs[0] ?? '').replaceAll('/', ' ').slice(0, 60)));
  const renewed = { since: new Date().toISOString(), renewedAt: new Date().toISOString() };
  const lock = { ...renewed, copy: labels[2] ?? '', holder: labels[3] ?? '' };
  writeFileSync(join(disk, set, 'lock.json'), JSON.stringify(lock));

  const tokensFile = join(running.dir, 'tokens.yaml');
  const { secret } = await addToken(tokensFile, { name: 'laptop', person: 'carol' });
  const service = await serveHttp({ vigie: running.vigie, host: '127.0.0.1', port: 0, tokensFile });
  onTestFinished(() => service.close());
  const client = await connectHttp(service.url, { era: 'modern', secret });
  onTestFinished(() => client.close());
  const answers: Told[] = [];
  const call = async (tool: string, input: object) => {
    const answer = await client.callTool({ name: tool, arguments: { ...input } });
    answers.push({ what: `${tool} ${JSON.stringify(input).slice(0, 200)}`, answer });
  };
  await call('backups_list', {});
  await call('backups_list', { set });
  for (const tool of ['backups_run', 'backups_prune', 'backups_drill']) await call(tool, { set });
  await call('backups_restore', { set, into: join(disk, 'again') });
  for (const copy of copies) {
    await call('backups_drill', { set, copy });
    await call('backups_restore', { set, copy, into: join(disk, `again-${copy}`) });
  }
  // The holder of the lock is told, and which key does not fit; of the rest nothing comes out, or it is data.
  expect(untold(answers, [labels[3] ?? '', (labels[0] ?? '').slice(0, 30)])).toEqual([]);
  expectMarked(answers, texts);
  // Neither the lock nor what was planted let go of a copy, and no key of ours is told.
  expect(copies.filter(copy => !existsSync(join(disk, set, copy, 'manifest.json')))).toEqual([]);
  const keys = await running.vigie.keys();
  for (const key of [keys.copies, keys.seal, keys.digest])
    for (const form of ['hex', 'base64', 'base64url'] as const)
      expect(JSON.stringify(answers)).not.toContain(Buffer.from(key).toString(form).slice(0, 24));
});
