// One of two processes that change the same cluster through the same store: argv = configFile, its name, how often. Says
// `ready`, waits for a line, and then says how its changes ended.
import { once } from 'node:events';
import { buildVigie } from '../../../src/app.ts';
import { runTool } from '../../../src/pipeline/run-tool.ts';
import { agent } from '../../support/start-vigie.ts';

const [configFile = '', name = '', times = '0'] = process.argv.slice(2);
const vigie = await buildVigie(
  { door: 'cli', configFile },
  { version: '0', env: process.env, self: [], now: () => new Date() },
);
await vigie.store();
process.stdout.write('ready\n');
await once(process.stdin, 'data');
const ends: string[] = [];
for (let count = 0; count < Number(times); count += 1) {
  const manifest = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: shop}\ndata: {count: '${count}'}`;
  const result = await runTool(vigie, {
    tool: 'k8s_apply',
    input: { manifest },
    actor: agent,
    signal: new AbortController().signal,
    budgetBytes: 40_000,
  });
  ends.push(result.status === 'done' ? 'done' : result.text);
}
process.stdout.write(`${JSON.stringify(ends)}\n`);
await vigie.close();
process.exit(0);
