import { describe, expect, test } from 'vitest';
import { Conversation, type Server } from '../sandbox/same/ask.ts';
import { exceptions } from '../sandbox/same/exceptions.ts';
import { startIdleSandbox } from '../sandbox/same/idle-sandbox.ts';
import { recordedScript } from '../sandbox/same/kubectl/goldens.ts';
import { findKubectl, kubectlVersions } from '../sandbox/same/kubectl/kubectls.ts';
import { type Printed, runScript } from '../sandbox/same/kubectl/run.ts';
import { type Script, scripts } from '../sandbox/same/kubectl/scripts.ts';
import { namespace } from '../sandbox/same/requests/say.ts';
import { startControlPlane } from './support/control-plane.ts';
import { describeOnCluster } from './support/on-cluster.ts';

// The same lines on the sandbox and on a real API server print the same, and what was recorded is still what they print.
describeOnCluster('kubectl prints the same on the sandbox and on a real API server', binaries => {
  describe.each(kubectlVersions)('kubectl %s', version => {
    const kubectl = findKubectl(version);

    test.skipIf(kubectl === undefined).each(scripts)('$script', async script => {
      const [plane, sandbox] = await Promise.all([
        startControlPlane(binaries, { idle: true }),
        startIdleSandbox(),
      ]);
      try {
        const run = async (server: Server): Promise<Printed[]> => {
          const talk = new Conversation(server);
          for (const asked of namespace(script.script)) await talk.ask(asked);
          return (await runScript(script, { kubectl: kubectl ?? '', server })).printed;
        };
        const [real, simulated] = await Promise.all([run(plane), run(sandbox)]);
        const recorded = recordedScript(script).find(each => each.version === version);
        expect(held(script, real)).toEqual(held(script, recorded?.printed ?? []));
        expect(held(script, simulated)).toEqual(held(script, real));
      } finally {
        await sandbox.close();
        await plane.stop();
      }
    });
  });
});

/**
 * The lines that are no exceptions, and show no owners of fields: those stand in the order of the seconds in which they
 * wrote, and are compared where the requests are.
 */
function held({ script }: Script, printed: readonly Printed[]): Printed[] {
  return printed
    .filter(
      ({ line }) =>
        !line.includes('--show-managed-fields') && !Object.hasOwn(exceptions, `${script}: kubectl ${line}`),
    )
    .map(each => (drawnOrder.test(each.line) ? withLinesInOrder(each) : each));
}

/** kubectl takes the keys of a ConfigMap here in the order in which its own map yields them: another each time. */
const drawnOrder = /^describe cm|^set env .*--from=cm/;

function withLinesInOrder(each: Printed): Printed {
  const inOrder = (text: string): string => text.split('\n').toSorted().join('\n');
  return { ...each, out: inOrder(each.out), error: inOrder(each.error) };
}
