import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { findBinaries } from '../../test/cluster/support/binaries.ts';

/** Exactly what the tables compare with; the folder's name changes with them, so that a new set is installed anew. */
const versions = {
  '@modelcontextprotocol/sdk': '1.32.2',
  zod: '4.6.7',
  'mcp-server-kubernetes': '4.1.7',
  'kubernetes-mcp-server': '0.0.67',
} as const;

const installMs = 300_000;

/** A program that speaks MCP over its standard streams. */
export interface Program {
  label: string;
  command: readonly string[];
  /** Beside what every program gets. */
  env?: Readonly<Record<string, string>>;
}

export interface Peers {
  /** Absent where nothing could be installed. */
  bare?: Program;
  others: readonly Program[];
  /** Why something is absent. */
  notes: readonly string[];
}

/** The other servers, installed with npm into a cache outside the checkout at their first use. */
export function installPeers(say: (line: string) => void): Peers {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const set = Object.entries(versions).map(([name, version]) => `${name}@${version}`);
  const folder = join(cache, 'vigie-bench', Object.values(versions).join('-'));
  const done = join(folder, 'installed');
  if (!existsSync(done)) {
    say(`Installing ${set.join(', ')} …`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{"private": true}\n');
    try {
      execFileSync('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', ...set], {
        cwd: folder,
        stdio: ['ignore', 'ignore', 'inherit'],
        timeout: installMs,
      });
    } catch {
      return { others: [], notes: ['The other servers could not be installed: npm reached no registry.'] };
    }
    writeFileSync(done, '');
  }
  writeFileSync(join(folder, 'bare-server.mjs'), bareServer);
  const module = (...path: string[]) => join(folder, 'node_modules', ...path);
  const kubectl = findBinaries();
  return {
    bare: {
      label: `bare @modelcontextprotocol/sdk ${versions['@modelcontextprotocol/sdk']} server, one tool`,
      command: [process.execPath, join(folder, 'bare-server.mjs')],
    },
    others: [
      {
        label: `mcp-server-kubernetes ${versions['mcp-server-kubernetes']}`,
        command: [process.execPath, module('mcp-server-kubernetes', 'dist', 'index.js')],
        // It calls kubectl; where the machine has none of its own, the one beside the control plane does.
        env: {
          PATH: [process.env['PATH'], kubectl].filter(part => part !== undefined).join(delimiter),
        },
      },
      {
        label: `kubernetes-mcp-server ${versions['kubernetes-mcp-server']}`,
        command: [process.execPath, module('kubernetes-mcp-server', 'bin', 'index.js')],
      },
    ],
    notes: [],
  };
}

/** The least that a server can be, as the SDK's own first example has it: one tool, checked by zod, nothing bundled. */
const bareServer = `import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { z } from 'zod';

const server = new McpServer({ name: 'bare', version: '1.0.0' });
server.registerTool(
  'echo',
  { description: 'Says what it is told.', inputSchema: { text: z.string() } },
  async ({ text }) => ({ content: [{ type: 'text', text }] }),
);
await server.connect(new StdioServerTransport());
`;
