// One of several processes that want the last place of a budget at once: place, state, digest.
import { openStore } from '../../../src/store/store.ts';
import { roomFor, samplePlan } from '../sample-plan.ts';
import { placeOf, sampleKeys } from '../sample-store.ts';

const [place = '', state = '', digest = ''] = process.argv.slice(2);
const store = await openStore({ ...placeOf(place), keys: sampleKeys, now: () => new Date() });
process.stdout.write('ready\n');
await new Promise(resolve => process.stdin.once('data', resolve));
const plan = samplePlan({ digest, names: [digest] });
const proposed = await store.changes.propose({
  plan,
  record: { summary: 's', diff: 'd', undo: 'possible' },
  state: state === 'waiting' ? 'waiting' : 'executing',
  expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
  owner: digest,
  within: roomFor(plan, { automaticPerHour: 3, openTickets: 3 }),
  audit: { event: 'started', changeId: plan.id, facts: {} },
});
process.stdout.write('instead' in proposed ? `${proposed.instead.rule}\n` : 'took a place\n');
await store.close();
process.exit(0);
