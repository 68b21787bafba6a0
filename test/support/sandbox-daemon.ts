// A process of its own for the tests of the daemon: `serve HOME WORLD [IDLE_MS]` runs it, `connect HOME` prints where it is.
import { connectSandbox, serveSandboxDaemon } from '../../src/sandbox/daemon.ts';

const [what = '', home = '', world = 'shop', idleMs] = process.argv.slice(2);
if (what === 'serve') {
  await serveSandboxDaemon({ home, world, ...(idleMs === undefined ? {} : { idleMs: Number(idleMs) }) });
} else {
  const command = [process.execPath, import.meta.filename, 'serve', home, world];
  process.stdout.write(JSON.stringify(await connectSandbox({ home, world, command })));
}
