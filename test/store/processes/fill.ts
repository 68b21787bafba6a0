// Proposes changes until the disk is full, then tries once more, and says with which codes it was refused: file.
import { VigieError } from '../../../src/core/errors.ts';
import { openStore } from '../../../src/store/store.ts';
import { roomFor, samplePlan } from '../sample-plan.ts';
import { sampleKeys } from '../sample-store.ts';

const [file = ''] = process.argv.slice(2);
const store = await openStore({ file, keys: sampleKeys, now: () => new Date() });
let written = 0;

async function propose(): Promise<string> {
  const plan = samplePlan({ secret: 'x'.repeat(20_000) });
  try {
    await store.changes.propose({
      plan,
      record: { summary: 's', diff: 'd', undo: 'possible' },
      state: 'waiting',
      within: roomFor(plan),
      audit: { event: 'ticketed', changeId: plan.id, facts: {} },
    });
    written++;
    return '';
  } catch (error) {
    if (!(error instanceof VigieError)) return String(error);
    const { reason } = error.details;
    return `${error.code}/${typeof reason === 'string' ? reason : ''}`;
  }
}

let code = '';
while (code === '' && written < 500) code = await propose();
const codeAfter = await propose();
const verdict = await store.audit.verify();
process.stdout.write(`${code} ${codeAfter} ${written} ${verdict.ok ? verdict.rows : 'broken'}\n`);
process.exit(0);
