// One of several processes that try to claim the same ticket: place, ticket, owner.
import { openStore } from '../../../src/store/store.ts';
import { placeOf, sampleApproval, sampleKeys } from '../sample-store.ts';

const [place = '', id = '', owner = ''] = process.argv.slice(2);
const store = await openStore({ ...placeOf(place), keys: sampleKeys, now: () => new Date() });
process.stdout.write('ready\n');
await new Promise(resolve => process.stdin.once('data', resolve));
const claimed = await store.changes.claim({
  id,
  owner,
  leaseMs: 30_000,
  approval: sampleApproval({ ticket: id }),
  audit: { event: 'approved', changeId: id, facts: { owner } },
});
process.stdout.write(claimed === undefined ? 'lost\n' : `won ${claimed.epoch}\n`);
await store.close();
process.exit(0);
