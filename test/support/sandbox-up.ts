// A process of its own for the tests of `sandbox up`.
import { serveSandboxForeground } from '../../src/sandbox/foreground.ts';

const [world = 'shop', kubeconfig] = process.argv.slice(2);
await serveSandboxForeground({
  world,
  ...(kubeconfig === undefined ? {} : { kubeconfig }),
  say: line => process.stdout.write(`${line}\n`),
});
process.stdout.write('stopped\n');
