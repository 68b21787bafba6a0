import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { VigieError } from '../../src/core/errors.ts';
import { isObject, type JsonObject } from '../../src/core/json.ts';
import type { Vigie } from '../../src/pipeline/vigie.ts';
import { serveStdio } from '../../src/server/stdio.ts';
import { listingOf, type ToolListing } from '../../src/toolkit/listing.ts';
import { defineReadTool, type Tool } from '../../src/toolkit/tool.ts';
import { eventually } from '../support/eventually.ts';
import { tinyVigie } from '../support/tiny-vigie.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'vigie-opening-'));
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

/** Serves on two streams of this process; `ask` sends a request and resolves with its answer. */
function serve(
  open: () => Promise<Vigie>,
  listings?: () => Promise<readonly ToolListing[]>,
): {
  ask: (method: string, params?: JsonObject) => Promise<JsonObject>;
  end: () => Promise<void>;
} {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const answers: JsonObject[] = [];
  createInterface(output).on('line', line => {
    const message: unknown = JSON.parse(line);
    if (isObject(message)) answers.push(message);
  });
  const served = serveStdio({ version: '1.2.3', open, ...(listings && { listings }), input, output });
  let id = 0;
  return {
    async ask(method, params = {}) {
      id += 1;
      const own = id;
      input.write(`${JSON.stringify({ jsonrpc: '2.0', id: own, method, params })}\n`);
      return eventually(() => {
        const answer = answers.find(one => one.id === own);
        if (answer === undefined) throw new Error(`no answer to ${method} yet`);
        return answer;
      });
    },
    async end() {
      input.end();
      await served;
    },
  };
}

function probe(name: string): Tool {
  return defineReadTool({
    name,
    title: 'Probe',
    description: 'Answers.',
    input: z.strictObject({}),
    output: z.object({}),
    environmental: false,
    read: async () => ({ data: {}, text: 'here' }),
  });
}

const hello = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'raw', version: '1' } };

test('the first answer opens nothing; the first call does, once', async () => {
  const open = vi.fn(async () => tinyVigie({ home }));
  const { ask, end } = serve(open);
  expect(await ask('initialize', hello)).toMatchObject({ result: { serverInfo: { version: '1.2.3' } } });
  expect(open).not.toHaveBeenCalled();
  await Promise.all([ask('tools/list'), ask('resources/list')]);
  expect(open).toHaveBeenCalledOnce();
  await end();
});

test('tools that are known beforehand are listed without opening, and so even when it fails', async () => {
  const open = vi.fn(async (): Promise<Vigie> => {
    throw new VigieError('INVALID_CONFIG', 'vigie.yaml:3:1 has an unknown key.');
  });
  const { ask, end } = serve(open, async () => [listingOf(probe('probe_known'))]);
  await ask('initialize', hello);
  expect(await ask('tools/list')).toMatchObject({ result: { tools: [{ name: 'probe_known' }] } });
  expect(await ask('prompts/list')).toMatchObject({
    result: { prompts: [{ name: 'investigate' }, {}, {}, {}] },
  });
  expect(open).not.toHaveBeenCalled();
  expect(await ask('tools/call', { name: 'probe_known', arguments: {} })).toMatchObject({
    result: { isError: true, structuredContent: { code: 'INVALID_CONFIG' } },
  });
  await end();
});

test('what keeps Vigie from opening is told to the model, and the next call tries again', async () => {
  const broken = new VigieError('INVALID_CONFIG', 'vigie.yaml:3:1 has an unknown key.', {
    hint: 'vigie doctor',
  });
  const open = vi.fn(async (): Promise<Vigie> => tinyVigie({ home })).mockRejectedValueOnce(broken);
  const { ask, end } = serve(open);
  await ask('initialize', hello);
  const call = { name: 'probe_echo', arguments: { text: 'x' } };
  expect(await ask('tools/call', call)).toMatchObject({
    result: {
      isError: true,
      structuredContent: { code: 'INVALID_CONFIG', hint: 'vigie doctor' },
      content: [{ text: 'INVALID_CONFIG: vigie.yaml:3:1 has an unknown key.\nvigie doctor' }],
    },
  });
  expect(await ask('tools/call', call)).toMatchObject({ result: { structuredContent: { length: 1 } } });
  await end();
});

test('tools beyond the fortieth are neither listed nor called', async () => {
  const tools = Array.from({ length: 45 }, (_, index) => probe(`probe_${String(index).padStart(2, '0')}`));
  const { ask, end } = serve(async () => tinyVigie({ home, tools }));
  await ask('initialize', hello);
  const { result } = await ask('tools/list');
  expect(isObject(result) && Array.isArray(result.tools) ? result.tools : []).toHaveLength(40);
  expect(await ask('tools/call', { name: 'probe_39', arguments: {} })).toMatchObject({
    result: { content: [{ text: 'here' }] },
  });
  expect(await ask('tools/call', { name: 'probe_40', arguments: {} })).toMatchObject({
    result: { isError: true, structuredContent: { code: 'UNKNOWN_TOOL' } },
  });
  await end();
});
