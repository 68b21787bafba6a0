import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { signedText } from '../../src/core/approval.ts';
import { reviewTicket } from '../../src/pipeline/settle.ts';
import type { TestVigie } from './start-vigie.ts';

const signal = new AbortController().signal;

interface Approving {
  /** Sends the process on its way. */
  go(): void;
  kill(): void;
  /** Its last line, or undefined when it was killed. */
  ended: Promise<string | undefined>;
}

/** Starts a process of its own that holds a valid approval of the ticket. */
export async function approvingProcess(vigie: TestVigie, id: string): Promise<Approving> {
  const review = await reviewTicket(vigie.vigie, { id, person: 'alice', signal });
  if (!('review' in review)) throw new Error('no review');
  const { payload } = review.review;
  const approval = {
    payload,
    signature: vigie.key.sign(signedText('approval', payload)),
    publicKey: vigie.key.publicKey,
  };
  const child = spawn(
    process.execPath,
    ['test/support/approve-process.ts', vigie.configFile, id, JSON.stringify(approval)],
    {
      env: vigie.env,
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  );
  let errors = '';
  child.stderr.on('data', chunk => (errors += String(chunk)));
  const lines: string[] = [];
  const reader = createInterface(child.stdout);
  reader.on('line', line => lines.push(line));
  await Promise.race([
    once(reader, 'line'),
    once(child, 'exit').then(() => Promise.reject(new Error(errors))),
  ]);
  // The process may end before its last line was read.
  const ended = Promise.all([once(child, 'exit'), once(reader, 'close')]).then(() => lines[1]);
  return {
    go: () => child.stdin.write('go\n'),
    kill: () => child.kill('SIGKILL'),
    ended,
  };
}
