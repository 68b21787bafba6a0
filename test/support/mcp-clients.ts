import { fileURLToPath } from 'node:url';
import { Client, type ClientOptions, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';

export const eras = ['legacy', 'modern'] as const;
export type Era = (typeof eras)[number];

const entry = fileURLToPath(new URL('./serve-tiny-stdio.ts', import.meta.url));

/** How to start the tiny Vigie on its standard streams. */
export function tinyCommand(home: string): { command: string; args: string[] } {
  return { command: process.execPath, args: [entry, home] };
}

export function clientOf(era: Era, options: ClientOptions = {}): Client {
  const mode = era === 'legacy' ? 'legacy' : { pin: '2026-07-28' };
  return new Client({ name: 'probe-client', version: '1.0.0' }, { ...options, versionNegotiation: { mode } });
}

export async function connectStdio(
  home: string,
  { era, options }: { era: Era; options?: ClientOptions },
): Promise<{ client: Client; transport: StdioClientTransport }> {
  const transport = new StdioClientTransport(tinyCommand(home));
  const client = clientOf(era, options);
  await client.connect(transport);
  return { client, transport };
}

export async function connectHttp(
  url: string,
  { era, secret }: { era: Era; secret: string },
): Promise<Client> {
  const client = clientOf(era);
  const requestInit = { headers: { authorization: `Bearer ${secret}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }));
  return client;
}
