// What doctor says of the folders of a daemon that keep the account of this process out: argv = the run folder.
import { shutOutChecks } from '../../../src/cli/doctor/shut-out.ts';

const [, , run = ''] = process.argv;
const checks: unknown[] = [];
for await (const check of shutOutChecks({ VIGIE_DAEMON: run })) checks.push(check);
process.stdout.write(JSON.stringify(checks));
