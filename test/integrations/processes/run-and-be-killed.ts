import { buildVigie } from '../../../src/app.ts';
import { runTool } from '../../../src/pipeline/run-tool.ts';

// Runs a backup (or another tool of a set) in a process of its own and says each step, until it is killed. Its clock may
// be ahead, or behind.
const [configFile = '', set = '', tool = 'backups_run', aheadMs = '0'] = process.argv.slice(2);
const vigie = await buildVigie(
  { door: 'cli', configFile },
  {
    version: '0.0.0',
    env: process.env,
    self: [],
    now: () => new Date(Date.now() + Number(aheadMs)),
  },
);
await runTool(vigie, {
  tool,
  input: { set },
  actor: { kind: 'agent', name: 'killed', via: 'mcp-stdio', onBehalfOf: 'carol' },
  signal: new AbortController().signal,
  budgetBytes: 40_000,
  progress: message => process.send?.(message),
});
process.send?.('ended');
await vigie.close();
