import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Client } from '@modelcontextprotocol/client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isObject } from '../../src/core/json.ts';
import { limits } from '../../src/core/limits.ts';
import { eventually } from '../support/eventually.ts';
import { connectStdio, eras, tinyCommand } from '../support/mcp-clients.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'vigie-stdio-'));
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

function textOf(result: Awaited<ReturnType<Client['callTool']>>): string {
  const [block] = result.content;
  return block?.type === 'text' ? block.text : '';
}

describe.each(eras)('a %s client over stdio', era => {
  let client: Client;
  beforeEach(async () => {
    ({ client } = await connectStdio(home, { era }));
  });
  afterEach(async () => {
    await client.close();
  });

  test('reads instructions of at most two kilobytes that forbid passphrases', () => {
    const instructions = client.getInstructions() ?? '';
    expect(instructions).toContain('Never ask for, accept or pass on a passphrase');
    expect(instructions).toContain('At most 40 tools');
    expect(Buffer.byteLength(instructions)).toBeLessThanOrEqual(2_000);
  });

  test('sees every tool with strict input, output and four annotations, in the order of the registry', async () => {
    const { tools } = await client.listTools();
    expect(tools.map(tool => tool.name)).toEqual([
      'environments_list',
      'changes_list',
      'changes_get',
      'changes_undo',
      'probe_echo',
      'probe_wait',
    ]);
    for (const tool of tools) {
      expect(tool.inputSchema).toMatchObject({ type: 'object', additionalProperties: false });
      expect(tool.inputSchema).not.toHaveProperty('$schema');
      expect(tool.outputSchema).toMatchObject({ type: 'object' });
      expect(Object.keys(tool.annotations ?? {}).toSorted()).toEqual([
        'destructiveHint',
        'idempotentHint',
        'openWorldHint',
        'readOnlyHint',
      ]);
    }
    const undo = tools.find(tool => tool.name === 'changes_undo');
    expect(undo?.annotations).toMatchObject({ readOnlyHint: false, destructiveHint: true });
  });

  test('gets text and data of a call', async () => {
    const result = await client.callTool({ name: 'probe_echo', arguments: { text: 'hello' } });
    expect(textOf(result)).toBe('hello');
    expect(result.structuredContent).toEqual({ length: 5 });
    expect(result.isError).toBeUndefined();
  });

  test('is told the nearest names of an unknown tool in a result that its model sees', async () => {
    const result = await client.callTool({ name: 'probe_ecko', arguments: {} });
    expect(result.isError).toBe(true);
    expect(result.structuredContent).toMatchObject({ code: 'UNKNOWN_TOOL' });
    expect(textOf(result)).toContain('probe_echo');
  });

  test('is told of an argument that does not exist', async () => {
    const result = await client.callTool({ name: 'probe_echo', arguments: { text: 'x', dryrun: true } });
    expect(result.isError).toBe(true);
    expect(result.structuredContent).toMatchObject({ code: 'INVALID_INPUT' });
    expect(textOf(result)).toContain('dryrun');
  });

  test('gets at most 40 kB however much there is to say', async () => {
    const result = await client.callTool({
      name: 'probe_echo',
      arguments: { text: '"quoted"\tand tabbed', times: 20_000 },
    });
    expect(Buffer.byteLength(JSON.stringify(result))).toBeLessThanOrEqual(limits.answerBytes);
    expect(textOf(result)).toMatch(/… cut/);
    expect(textOf(result).length).toBeGreaterThan(10_000);
  });

  test('may send five megabytes', async () => {
    const text = 'x'.repeat(5 * 1024 * 1024);
    const result = await client.callTool({ name: 'probe_echo', arguments: { text } });
    expect(result.structuredContent).toEqual({ length: text.length });
  });

  test('is shown progress that only grows, and a call it cancels is stopped', async () => {
    const seen: { progress: number; message?: string | undefined }[] = [];
    const cancel = new AbortController();
    const call = client.callTool(
      { name: 'probe_wait', arguments: {} },
      {
        signal: cancel.signal,
        onprogress: ({ progress, message }) => {
          seen.push({ progress, message });
        },
      },
    );
    const ended = expect(call).rejects.toThrow();
    await eventually(() => expect(seen).toHaveLength(3));
    expect(seen).toEqual([
      { progress: 1, message: 'one' },
      { progress: 2, message: 'two' },
      { progress: 3, message: 'three' },
    ]);
    cancel.abort();
    await ended;
    await client.close();
    await eventually(() => expect(readFileSync(join(home, 'ended'), 'utf8')).toBe('1'));
  });

  test('reads environments and changes as resources, one by one too', async () => {
    const { resources } = await client.listResources();
    expect(resources.map(one => one.uri)).toEqual(['vigie://environments', 'vigie://changes']);
    const { resourceTemplates } = await client.listResourceTemplates();
    expect(resourceTemplates.map(one => one.uriTemplate)).toEqual([
      'vigie://environments/{name}',
      'vigie://changes/{id}',
    ]);
    const text = async (uri: string): Promise<string> => {
      const [content] = (await client.readResource({ uri })).contents;
      return content !== undefined && 'text' in content ? content.text : '';
    };
    expect(await text('vigie://environments')).toMatch(/alpha[\s\S]*beta/);
    expect(await text('vigie://environments/beta')).not.toContain('alpha');
    expect(await text('vigie://changes')).toMatch(/alpha|No changes|no change/);
    await expect(text('vigie://environments/gamma')).rejects.toThrow(/not found/i);
    await expect(text('vigie://changes/AAAAAAAA')).rejects.toThrow(/not found/i);
    await expect(text('vigie://changes/../environments')).rejects.toThrow(/not found/i);
  });

  test('is offered prompts with its arguments in place and values to complete them with', async () => {
    const { prompts } = await client.listPrompts();
    expect(prompts.map(one => one.name)).toEqual(['investigate', 'diagnose', 'deploy', 'explain_change']);
    const prompt = await client.getPrompt({
      name: 'investigate',
      arguments: { symptom: 'checkout is {{environment}} slow', environment: 'beta' },
    });
    const content = prompt.messages[0]?.content;
    const text = content?.type === 'text' ? content.text : '';
    expect(text).toContain('checkout is {{environment}} slow');
    expect(text).toContain('Environment: beta');
    await expect(client.getPrompt({ name: 'investigate' })).rejects.toThrow(/needs: symptom/);
    await expect(client.getPrompt({ name: 'investigat' })).rejects.toThrow(/There are: investigate/);
    const completed = await client.complete({
      ref: { type: 'ref/prompt', name: 'investigate' },
      argument: { name: 'environment', value: 'be' },
    });
    expect(completed.completion.values).toEqual(['beta']);
    const address = await client.complete({
      ref: { type: 'ref/resource', uri: 'vigie://environments/{name}' },
      argument: { name: 'name', value: '' },
    });
    expect(address.completion.values).toEqual(['alpha', 'beta']);
  });
});

/** The process itself, for what a client library would hide. */
function startRaw(): {
  child: ReturnType<typeof spawn>;
  send: (line: string) => void;
  answers: unknown[];
  exited: Promise<unknown[]>;
  said: () => string;
} {
  const { command, args } = tinyCommand(home);
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const answers: unknown[] = [];
  let stderr = '';
  child.stderr?.on('data', (text: Buffer) => {
    stderr += text.toString();
  });
  if (child.stdout) {
    createInterface(child.stdout).on('line', line => answers.push(JSON.parse(line)));
  }
  child.stdin?.on('error', () => {});
  return {
    child,
    send: line => void child.stdin?.write(`${line}\n`),
    answers,
    // With all that it said.
    exited: once(child, 'close'),
    said: () => stderr,
  };
}

const initialize = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'raw', version: '1' } },
});
const waitCall = JSON.stringify({
  jsonrpc: '2.0',
  id: 2,
  method: 'tools/call',
  params: { name: 'probe_wait', arguments: {}, _meta: { progressToken: 'p' } },
});

function answered(answers: unknown[], id: number): boolean {
  return answers.some(one => isObject(one) && one.id === id);
}

describe('the process', () => {
  test('ends when its input ends, with running calls stopped and nothing but protocol on its output', async () => {
    const { child, send, answers, exited } = startRaw();
    send(initialize);
    send(waitCall);
    await eventually(() => expect(answers).toHaveLength(4));
    child.stdin?.end();
    expect(await exited).toEqual([0, null]);
    expect(readFileSync(join(home, 'ended'), 'utf8')).toBe('1');
    expect(answers.every(one => isObject(one) && one.jsonrpc === '2.0')).toBe(true);
  });

  test('ends in order when its output breaks', async () => {
    const { child, send, answers, exited } = startRaw();
    send(initialize);
    await eventually(() => expect(answered(answers, 1)).toBe(true));
    child.stdout?.destroy();
    for (let id = 10; id < 60; id += 1) send(JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/list' }));
    expect(await exited).toEqual([0, null]);
    expect(existsSync(join(home, 'ended'))).toBe(true);
  });

  test('ends in order, with running calls stopped, on a message that has no end, and says why', async () => {
    const { child, send, answers, exited, said } = startRaw();
    send(initialize);
    send(waitCall);
    await eventually(() => expect(answers).toHaveLength(4));
    const part = 'x'.repeat(1_000_000);
    for (let megabytes = 0; megabytes < 12; megabytes += 1) child.stdin?.write(part);
    expect(await exited).toEqual([0, null]);
    expect(readFileSync(join(home, 'ended'), 'utf8')).toBe('1');
    expect(said()).toMatch(/"mcp\.stdio".*maximum size/);
  });

  test('goes on after lines that are no message', async () => {
    const { child, send, answers, exited } = startRaw();
    send('this is not JSON');
    send('{"jsonrpc":"2.0","id":');
    send('[]');
    send('null');
    send(initialize);
    send('{"id":{},"method":4}');
    send(JSON.stringify({ jsonrpc: '2.0', id: 3, method: 'tools/list' }));
    await eventually(() => expect(answered(answers, 1) && answered(answers, 3)).toBe(true));
    child.stdin?.end();
    expect(await exited).toEqual([0, null]);
  });
});
