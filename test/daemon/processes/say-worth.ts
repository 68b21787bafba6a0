// What a daemon of this account would say an approval is worth: argv = configFile, run folder, main file.
import { join } from 'node:path';
import { loadConfig } from '../../../src/config/config.ts';
import { gatherSeparation } from '../../../src/config/separation/gather-facts.ts';
import { judgeSeparation } from '../../../src/config/separation/judge.ts';

const [file = '', run = '', main = ''] = process.argv.slice(2);
const { env, execPath } = process;
const facts = await gatherSeparation({
  config: await loadConfig({ file, env }),
  env,
  agentFolder: join(run, 'agent'),
  approveFolder: join(run, 'approve'),
  program: [execPath, main],
});
const { assurance, reasons } = judgeSeparation(facts);
process.stdout.write(JSON.stringify([assurance, ...reasons.map(({ why }) => why)]));
