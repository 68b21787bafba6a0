import { buildVigie } from '../../../src/app.ts';
import { tick } from '../../../src/pipeline/tick.ts';

// Ticks in a process of its own, by a clock that is `aheadMs` ahead, and says each step and what it found.
const [configFile = '', aheadMs = '0'] = process.argv.slice(2);
const vigie = await buildVigie(
  { door: 'cli', configFile },
  {
    version: '0.0.0',
    env: process.env,
    self: [],
    now: () => new Date(Date.now() + Number(aheadMs)),
  },
);
const report = await tick(vigie, {
  dryRun: false,
  signal: new AbortController().signal,
  progress: message => process.send?.({ step: message }),
});
process.send?.({ report });
await vigie.close();
process.disconnect?.();
