// A process of its own for the tests of the daemon: `serve HOME` runs it, `connect HOME` prints where it is.
import { connectSandbox, serveSandboxDaemon } from '../../src/sandbox/daemon.ts';

const [what = '', home = '', world = 'shop'] = process.argv.slice(2);
if (what === 'serve') {
  await serveSandboxDaemon({ home, world });
} else {
  const command = [process.execPath, import.meta.filename, 'serve', home, world];
  process.stdout.write(JSON.stringify(await connectSandbox({ home, world, command })));
}
