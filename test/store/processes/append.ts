// One of several processes that open the same new store at once and append to its audit: place, rows.
import { openStore } from '../../../src/store/store.ts';
import { placeOf, sampleKeys } from '../sample-store.ts';

const [place = '', rows = '0'] = process.argv.slice(2);
const store = await openStore({ ...placeOf(place), keys: sampleKeys, now: () => new Date() });
process.stdout.write('ready\n');
await new Promise(resolve => process.stdin.once('data', resolve));
for (let count = 0; count < Number(rows); count++)
  await store.audit.append({ event: 'denied', facts: { count } });
await store.close();
process.exit(0);
