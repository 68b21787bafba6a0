// Under the agent's account: argv = socket, calls (JSON: [method, params][]). Says for each the code that came back, or `answered`.
import { VigieError } from '../../../../src/core/errors.ts';
import type { JsonObject } from '../../../../src/core/json.ts';
import { DeskConnection } from '../../../../src/desk/wire/connection.ts';

const [socket = '', calls = '[]'] = process.argv.slice(2);
const said: Record<string, string> = {};
for (const [method, params] of JSON.parse(calls) as [string, JsonObject][]) {
  // One connection each: a method that is not there ends it.
  const connection = await DeskConnection.open(socket, { version: '0.1.0' });
  said[method] = await connection.ask(method, { params }).then(
    () => 'answered',
    (error: unknown) => (error instanceof VigieError ? error.code : String(error)),
  );
  connection.close();
}
process.stdout.write(JSON.stringify(said));
