import { createInterface } from 'node:readline';

/** Answers tool calls on the standard streams with as much JSON-RPC as the bench speaks, until the input ends. */
export async function answerLines(call: (tool: string) => Promise<unknown>): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const { id, params } = JSON.parse(line) as { id?: number; params?: { name?: string } };
    if (id === undefined) continue;
    const result = params?.name === undefined ? {} : { structuredContent: await call(params.name) };
    process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, result })}\n`);
  }
  process.exit(0);
}
