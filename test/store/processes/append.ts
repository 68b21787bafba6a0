// One of several processes that open the same new file at once and append to its audit: file, rows.
import { openStore } from '../../../src/store/store.ts';
import { sampleKeys } from '../sample-store.ts';

const [file = '', rows = '0'] = process.argv.slice(2);
const store = await openStore({ file, keys: sampleKeys, now: () => new Date() });
process.stdout.write('ready\n');
await new Promise(resolve => process.stdin.once('data', resolve));
for (let count = 0; count < Number(rows); count++)
  await store.audit.append({ event: 'denied', facts: { count } });
await store.close();
process.exit(0);
