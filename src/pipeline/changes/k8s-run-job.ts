import type { K8sApply, K8sRunJob } from '../../core/change.ts';
import { trusted } from '../../core/trusted-text.ts';
import { endOf, jobPods } from './job-evidence.ts';
import { k8sApply } from './k8s-apply.ts';
import type { ChangeKind, Prospect } from './kind.ts';
import { waitHealthy } from './wait-healthy.ts';

/** Creates a Job, waits for its end and tells the last lines of its log. */
export const k8sRunJob: ChangeKind<K8sRunJob> = {
  name: 'k8s-run-job',
  // Asked for again it is another run.
  idempotent: false,
  deed: 'run',
  prints: true,
  stands: {
    halfway: trusted`the job stays for a look and can be deleted by an undo`,
    next: ({ target: { name, namespace = '' } }, { environment }) =>
      trusted`vigie k8s logs Job/${name} -n ${namespace} -e ${environment} tells more`,
  },

  async preview(change, reach): Promise<Prospect> {
    const created = await k8sApply.preview(creationOf(change), reach);
    const note = 'An undo deletes the job and its pods; what the job did stays done.';
    return { ...created, change, warnings: [...created.warnings, note] };
  },

  apply: (change, reach, writing) => k8sApply.apply(creationOf(change), reach, writing),

  observe: (change, looking) => k8sApply.observe(creationOf(change), looking),

  async verify({ target }, { reader }, waiting) {
    const outcome = await waitHealthy(target, reader, waiting);
    const job = await reader.find(target);
    // A job may be set to be removed as soon as it has ended.
    if (job === undefined)
      return {
        state: 'unverified',
        evidence: [`Job/${target.name} is gone, and how it ended is not known.`],
      };
    const pods = await jobPods(job, reader);
    return { ...outcome, evidence: [...outcome.evidence, ...(await endOf(job, { pods, reader }))] };
  },

  invert: (change, preview, applied) => k8sApply.invert(creationOf(change), preview, applied),
};

function creationOf({ target, manifest }: K8sRunJob): K8sApply {
  return { kind: 'k8s-apply', target, manifest, force: false, mustCreate: true };
}
