// A worker that goes on with whatever it can claim until it is killed: place, name, steps of a run. It prints each step that
// the journal said was kept, and never before that.
import { openAt } from '../open-at.ts';

const [place = '', worker = '', count = '0'] = process.argv.slice(2);
const journal = await openAt(place);
process.stdout.write('ready\n');

for (;;) {
  const runs = await journal.claim(worker, { max: 8, leaseMs: 1_000 });
  if (runs.length === 0) await new Promise(resolve => setTimeout(resolve, 20));
  await Promise.all(runs.map(goOn));
}

async function goOn({ lease, steps }: Awaited<ReturnType<typeof journal.claim>>[number]): Promise<void> {
  const done = new Set(steps.filter(({ state }) => state === 'done').map(({ path }) => path));
  try {
    for (let step = 0; step < Number(count); step++) {
      const path = `s${step}`;
      if (done.has(path)) continue;
      await journal.record(lease, [{ path, attempt: 1, state: 'intent', output: worker }]);
      await journal.record(lease, [
        { path, attempt: 1, state: 'done', output: { worker, epoch: lease.epoch } },
      ]);
      process.stdout.write(`${lease.run} ${path} ${worker} ${lease.epoch}\n`);
    }
    await journal.finish(lease, { status: 'done' });
  } catch (error) {
    // Another took it over: a process on a busy machine may sleep longer than so short a lease.
    if (!(error instanceof Error && 'code' in error && error.code === 'FENCED')) throw error;
  }
}
