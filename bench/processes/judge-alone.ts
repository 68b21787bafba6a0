// The rules of k8s_diagnose over what was read of one namespace of so many pods, and nothing else: what they cost of the
// processor, once and once more, as a line of JSON.
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import { Snapshot } from '../../src/diagnosis/snapshot.ts';
import { oneNamespace } from '../support/one-namespace.ts';

const warmPods = 200;

function judged(pods: number): { ms: number; findings: number } {
  const data = oneNamespace(pods);
  const before = process.cpuUsage();
  const { findings } = diagnose(new Snapshot(data));
  const { user, system } = process.cpuUsage(before);
  return { ms: (user + system) / 1_000, findings: findings.length };
}

judged(warmPods);
const pods = Number(process.argv[2]);
const first = judged(pods);
const again = judged(pods);
process.stdout.write(`${JSON.stringify({ first: first.ms, again: again.ms, findings: first.findings })}\n`);
