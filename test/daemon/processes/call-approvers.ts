// What the approvers' socket gives this process: argv = run folder, a ticket's id. Says each code, or that it was answered.

import { DeskConnection } from '../../../src/desk/wire/connection.ts';
import { WireApproverDesk } from '../../../src/desk/wire/desks.ts';
import { socketIn } from '../../../src/desk/wire/trusted-socket.ts';

const [run = '', id = ''] = process.argv.slice(2);
const doing = { signal: new AbortController().signal };
const tries = {
  keys: (desk: WireApproverDesk) => desk.approverKeys(),
  review: (desk: WireApproverDesk) => desk.review({ id, person: 'alice' }, doing),
  wrong: (desk: WireApproverDesk) => desk.countWrongPassphrase({ person: 'alice', purpose: 'x' }),
};
const said: Record<string, string> = {};
for (const [name, attempt] of Object.entries(tries)) {
  try {
    const connection = await DeskConnection.open(socketIn(run, 'approver'), { version: '0' });
    await attempt(new WireApproverDesk(connection));
    said[name] = 'answered';
    connection.close();
  } catch (error) {
    said[name] = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}
process.stdout.write(JSON.stringify(said), () => process.exit(0));
