// Records how a real API server answers the requests of test/sandbox/same: test/golden/sandbox. Needs the binaries of
// test/cluster/support/binaries.ts; the control plane is its own and gone afterwards, and nobody acts on it but us.
import { findBinaries } from '../test/cluster/support/binaries.ts';
import { startControlPlane } from '../test/cluster/support/control-plane.ts';
import { Conversation } from '../test/sandbox/same/ask.ts';
import { comparable } from '../test/sandbox/same/comparable.ts';
import { recordAnswers } from '../test/sandbox/same/goldens.ts';
import { subjects } from '../test/sandbox/same/requests/index.ts';

const binaries = findBinaries();
if (binaries === undefined)
  throw new Error('no kube-apiserver and etcd in KUBEBUILDER_ASSETS or where setup-envtest keeps its own');
const only = process.argv.slice(2);
for (const each of subjects) {
  if (only.length > 0 && !only.includes(each.subject)) continue;
  // One for each, since what one leaves in the cluster another would list.
  const plane = await startControlPlane(binaries, { idle: true });
  try {
    const talk = new Conversation(plane);
    const answers: [string, ReturnType<typeof comparable>][] = [];
    for (const asked of each.asks)
      answers.push([asked.name, comparable(await talk.ask(asked), asked.compare)]);
    recordAnswers(each, answers);
    console.log(`${each.subject}: ${answers.length} answers`);
  } finally {
    await plane.stop();
  }
}
