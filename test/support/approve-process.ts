// One approving process: argv = configFile, ticket, approval (JSON). Says `ready` and waits for a line before it settles.
import { once } from 'node:events';
import { buildVigie } from '../../src/app.ts';
import type { SignedApproval } from '../../src/core/approval.ts';
import { settle } from '../../src/pipeline/settle.ts';

const [configFile = '', id = '', approval = ''] = process.argv.slice(2);
const aheadMs = Number(process.env['TEST_AHEAD_MS'] ?? 0);
const vigie = await buildVigie(
  { door: 'cli', configFile },
  { version: '0', env: process.env, self: [], now: () => new Date(Date.now() + aheadMs) },
);
await vigie.store();
process.stdout.write('ready\n');
await once(process.stdin, 'data');
const result = await settle(vigie, {
  id,
  by: JSON.parse(approval) as SignedApproval,
  signal: new AbortController().signal,
});
process.stdout.write(`${JSON.stringify({ status: result.status, text: result.text })}\n`);
await vigie.close();
process.exit(0);
