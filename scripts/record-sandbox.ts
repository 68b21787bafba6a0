// Records how a real API server answers the requests of test/sandbox/same, and what kubectl prints on it:
// test/golden/sandbox. Needs the binaries of test/cluster/support/binaries.ts and the kubectls of
// test/sandbox/same/kubectl/kubectls.ts; the control planes are its own and gone afterwards, and nobody acts on them
// but us. Names of subjects, scripts or `kubectl` as arguments record those alone.
import { mkdirSync } from 'node:fs';
import { findBinaries } from '../test/cluster/support/binaries.ts';
import { startControlPlane } from '../test/cluster/support/control-plane.ts';
import { Conversation } from '../test/sandbox/same/ask.ts';
import { comparable } from '../test/sandbox/same/comparable.ts';
import { recordAnswers } from '../test/sandbox/same/goldens.ts';
import { type Recorded, recordScript } from '../test/sandbox/same/kubectl/goldens.ts';
import { findKubectl, kubectlVersions } from '../test/sandbox/same/kubectl/kubectls.ts';
import { runScript } from '../test/sandbox/same/kubectl/run.ts';
import { scripts } from '../test/sandbox/same/kubectl/scripts.ts';
import { transcriptOf } from '../test/sandbox/same/kubectl/transcript.ts';
import { subjects } from '../test/sandbox/same/requests/index.ts';
import { namespace } from '../test/sandbox/same/requests/say.ts';

const found = findBinaries();
if (found === undefined) {
  throw new Error('no kube-apiserver and etcd in KUBEBUILDER_ASSETS or where setup-envtest keeps its own');
}
const binaries = found;
const only = process.argv.slice(2);
mkdirSync('test/golden/sandbox/answers', { recursive: true });
mkdirSync('test/golden/sandbox/kubectl', { recursive: true });

function isWanted(...names: string[]): boolean {
  return only.length === 0 || names.some(name => only.includes(name));
}

// One control plane for each, since what one leaves in the cluster another would list.
for (const each of subjects.filter(({ subject }) => isWanted(subject))) {
  const plane = await startControlPlane(binaries, { idle: true });
  try {
    const talk = new Conversation(plane);
    const answers: [string, ReturnType<typeof comparable>][] = [];
    for (const asked of each.asks) {
      answers.push([asked.name, comparable(await talk.ask(asked), asked.compare)]);
    }
    recordAnswers(each, answers);
    console.log(`${each.subject}: ${answers.length} answers`);
  } finally {
    await plane.stop();
  }
}

const kubectls = kubectlVersions.flatMap(version => {
  const kubectl = findKubectl(version);
  return kubectl === undefined ? [] : [{ version, kubectl }];
});
if (kubectls.length < kubectlVersions.length)
  console.log('not every kubectl is there: transcripts stay as they are');
else
  for (const script of scripts.filter(each => isWanted('kubectl', each.script))) {
    const recorded: Recorded[] = [];
    for (const { version, kubectl } of kubectls) {
      const plane = await startControlPlane(binaries, { idle: true });
      try {
        const talk = new Conversation(plane);
        for (const asked of namespace(script.script)) await talk.ask(asked);
        const { printed, exchanges } = await runScript(script, { kubectl, server: plane });
        recorded.push({ version, printed, transcript: transcriptOf(exchanges) });
      } finally {
        await plane.stop();
      }
    }
    recordScript(script, recorded);
    console.log(
      `${script.script}: ${recorded.map(({ transcript }) => transcript.length).join(' and ')} requests`,
    );
  }
