import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@modelcontextprotocol/client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addToken } from '../../src/config/tokens.ts';
import { serveHttp } from '../../src/server/http.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { eventually } from '../support/eventually.ts';
import { connectHttp, connectStdio, type Era, eras } from '../support/mcp-clients.ts';
import { recordTicket } from '../support/record-change.ts';
import { testKeys, tinyVigie } from '../support/tiny-vigie.ts';

let home: string;
let store: Store;
let ends: (() => Promise<void>)[];
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'vigie-subscribe-'));
  // As another process has it open, in which a person decides.
  store = await openStore({ file: join(home, 'vigie.db'), keys: testKeys, now: () => new Date() });
  ends = [];
});
afterEach(async () => {
  for (const end of ends.toReversed()) await end();
  await store.close();
  rmSync(home, { recursive: true, force: true });
});

async function overHttp(era: Era, environments?: string[]): Promise<Client> {
  const tokensFile = join(home, 'tokens.yaml');
  const vigie = tinyVigie({ home });
  const { secret } = await addToken(tokensFile, {
    name: 'laptop',
    person: 'alice',
    ...(environments && { environments }),
  });
  const service = await serveHttp({ vigie, host: '127.0.0.1', port: 0, tokensFile });
  const client = await connectHttp(service.url, { era, secret });
  ends.push(
    () => vigie.close(),
    () => service.close(),
    () => client.close(),
  );
  return client;
}

async function overStdio(era: Era): Promise<Client> {
  const { client } = await connectStdio(home, { era });
  ends.push(() => client.close());
  return client;
}

/** Subscribes as the era does, and collects what is told. */
async function follow(client: Client, { era, uris }: { era: Era; uris: string[] }): Promise<string[]> {
  const told: string[] = [];
  client.setNotificationHandler(
    'notifications/resources/updated',
    ({ params }) => void told.push(params.uri),
  );
  if (era === 'legacy') for (const uri of uris) await client.subscribeResource({ uri });
  else await client.listen({ resourceSubscriptions: uris });
  return told;
}

describe.each(eras)('a %s client', era => {
  test.each([
    ['stdio', overStdio],
    ['HTTP', overHttp],
  ])('is told over %s when a change it follows moves in another process', async (_, connect) => {
    const followed = await recordTicket(store, 'alpha');
    const client = await connect(era);
    const [uri, all] = [`vigie://changes/${followed.id}`, 'vigie://changes'];
    const told = await follow(client, { era, uris: [uri, all] });
    // The feed compares with its first look; that it had one shows when it tells of a change that came after.
    await eventually(async () => {
      await recordTicket(store, 'alpha');
      expect(told).toContain(all);
    });
    expect(told).not.toContain(uri);
    await followed.reject();
    await eventually(() => expect(told).toContain(uri));
    expect(new Set(told)).toEqual(new Set([uri, all]));
    const [content] = (await client.readResource({ uri })).contents;
    expect(content !== undefined && 'text' in content ? content.text : '').toContain('rejected');
  });

  test('of one environment sees, completes and follows no change of another', async () => {
    const hidden = await recordTicket(store, 'alpha');
    const shown = await recordTicket(store, 'beta');
    const client = await overHttp(era, ['beta']);
    const completed = await client.complete({
      ref: { type: 'ref/resource', uri: 'vigie://changes/{id}' },
      argument: { name: 'id', value: '' },
    });
    expect(completed.completion.values).toEqual([shown.id]);
    const call = (id: string): ReturnType<Client['callTool']> =>
      client.callTool({ name: 'changes_get', arguments: { id } });
    expect((await call(shown.id)).structuredContent).toMatchObject({ state: 'waiting', environment: 'beta' });
    const refused = await call(hidden.id);
    expect(refused.structuredContent).toMatchObject({ code: 'UNKNOWN_CHANGE' });
    expect(JSON.stringify(await call('AAAAAAAA'))).not.toContain(hidden.id);
    await expect(client.readResource({ uri: `vigie://changes/${hidden.id}` })).rejects.toThrow(/not found/i);
    const undo = await client.callTool({ name: 'changes_undo', arguments: { id: hidden.id } });
    expect(undo.isError).toBe(true);
    expect(JSON.stringify(undo)).not.toContain('Scale web in alpha');
    const list = await client.readResource({ uri: 'vigie://changes' });
    expect(JSON.stringify(list)).not.toContain(hidden.id);
    expect(JSON.stringify(list)).toContain(shown.id);
  });
});
