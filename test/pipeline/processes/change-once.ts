// One process that scales a deployment, says how that went and lives on: argv = configFile, replicas.
import { buildVigie } from '../../../src/app.ts';
import { runTool } from '../../../src/pipeline/run-tool.ts';

const [configFile = '', replicas = ''] = process.argv.slice(2);
const vigie = await buildVigie(
  { door: 'cli', configFile },
  { version: '0', env: process.env, self: [], now: () => new Date() },
);
const result = await runTool(vigie, {
  tool: 'k8s_scale',
  input: { target: { kind: 'Deployment', name: 'web', namespace: 'shop' }, replicas: Number(replicas) },
  actor: { kind: 'agent', name: 'test client', via: 'mcp-stdio', onBehalfOf: 'carol' },
  signal: new AbortController().signal,
  budgetBytes: 40_000,
});
process.stdout.write(`${result.status}\n`);
setInterval(() => undefined, 60_000);
