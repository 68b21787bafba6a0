import type { K8sApply, K8sRunJob } from '../../core/change.ts';
import { trusted } from '../../core/trusted-text.ts';
import { healthOf } from '../../kubernetes/health.ts';
import type { Pod } from '../../kubernetes/kinds/pod.ts';
import { describeTrouble, podTrouble } from '../../kubernetes/pod-trouble.ts';
import { endOf, jobPods } from './job-evidence.ts';
import { k8sApply } from './k8s-apply.ts';
import type { ChangeKind, Prospect } from './kind.ts';
import { lookUntil } from './look-until.ts';

// A pull that fails once is often tried again with success; what lasts this long does not pass by itself.
const decisiveMs = 4_000;

/** What keeps a container from ever starting; one that crashes is tried again as often as its job allows. */
const neverStarts = new Set([
  'ImagePullBackOff',
  'ErrImageNeverPull',
  'InvalidImageName',
  'CreateContainerConfigError',
  'CreateContainerError',
]);

/** Creates a Job, waits for its end and tells the last lines of its log. */
export const k8sRunJob: ChangeKind<K8sRunJob> = {
  name: 'k8s-run-job',
  // Asked for again it is another run.
  idempotent: false,
  deed: 'run',
  prints: true,
  stands: {
    halfway: trusted`the job stays for a look and can be deleted by an undo`,
    next: ({ target: { name, namespace = '' } }) =>
      trusted`vigie k8s logs Job/${name} -n ${namespace} tells more`,
  },

  async preview(change, reach): Promise<Prospect> {
    const created = await k8sApply.preview(creationOf(change), reach);
    const note = 'An undo deletes the job and its pods; what the job did stays done.';
    return { ...created, change, warnings: [...created.warnings, note] };
  },

  apply: (change, reach, writing) => k8sApply.apply(creationOf(change), reach, writing),

  observe: (change, looking) => k8sApply.observe(creationOf(change), looking),

  async verify({ target }, reader, waiting) {
    let stuckSince: number | undefined;
    return lookUntil(waiting, async () => {
      const job = await reader.find(target);
      // A job may be set to be removed as soon as it has ended.
      if (job === undefined)
        return {
          state: 'unverified',
          evidence: [`Job/${target.name} is gone, and how it ended is not known.`],
        };
      const pods = await jobPods(job, reader);
      const health = healthOf(job, pods);
      const line = `Job/${target.name}: ${health.reason}`;
      const evidence = async (...more: string[]) => [line, ...more, ...(await endOf(job, { pods, reader }))];
      if (health.state === 'healthy') return { state: 'verified', evidence: await evidence() };
      if (health.state === 'degraded') return { state: 'failed', evidence: await evidence() };
      const stuck = stuckAt(pods);
      stuckSince = stuck === undefined ? undefined : (stuckSince ?? Date.now());
      if (stuck !== undefined && Date.now() - (stuckSince ?? Date.now()) >= decisiveMs)
        return { state: 'failed', evidence: await evidence(stuck) };
      return { saying: line, late: evidence };
    });
  },

  invert: (change, preview, applied) => k8sApply.invert(creationOf(change), preview, applied),
};

function creationOf({ target, manifest }: K8sRunJob): K8sApply {
  return { kind: 'k8s-apply', target, manifest, force: false, mustCreate: true };
}

/** Why a pod of the job will never start; undefined: none is stuck. */
function stuckAt(pods: readonly Pod[]): string | undefined {
  for (const pod of pods) {
    const trouble = podTrouble(pod);
    if (trouble !== undefined && neverStarts.has(trouble.reason))
      return `Pod/${pod.metadata.name}: ${describeTrouble(trouble)}`;
  }
  return undefined;
}
