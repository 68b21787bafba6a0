// Executes a plan of two changes and kills itself, as a power cut would, right before or after one record: place, plan id, point.
import { trusted } from '../../../src/core/trusted-text.ts';
import { openStore } from '../../../src/store/store.ts';
import { placeOf, sampleApproval, sampleKeys } from '../sample-store.ts';

const [place = '', id = '', point = ''] = process.argv.slice(2);
const store = await openStore({
  ...placeOf(place),
  keys: sampleKeys,
  now: () => new Date('2026-11-21T10:00:00Z'),
});

function passing(name: string): void {
  if (name === point) process.kill(process.pid, 'SIGKILL');
}

const claimed = await store.changes.claim({
  id,
  owner: 'victim',
  leaseMs: 1_000,
  approval: sampleApproval({ ticket: id }),
  audit: { event: 'approved', changeId: id, facts: {} },
});
const epoch = claimed?.epoch ?? -1;
passing('claimed');
for (const index of [0, 1]) {
  await store.changes.stepStarted({ id, epoch, index, wayBack: { irreversible: trusted`not applied yet` } });
  passing(`started ${index}`);
  await store.changes.stepApplied({
    id,
    epoch,
    index,
    applied: { uid: 'u', resourceVersion: '1' },
    wayBack: [],
  });
  passing(`applied ${index}`);
}
await store.changes.finish({
  id,
  owner: 'victim',
  epoch,
  state: 'done',
  evidence: [],
  audit: { event: 'finished', changeId: id, facts: {} },
});
passing('finished');
