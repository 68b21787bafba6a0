import * as z from 'zod';
import type { K8sRunJob } from '../../core/change.ts';
import { VigieError } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import { isObject, type JsonObject } from '../../core/json.ts';
import { limits } from '../../core/limits.ts';
import { splitApiVersion } from '../../kubernetes/object.ts';
import { defineChangeTool, type EnvironmentView, type ToolContext } from '../../toolkit/tool.ts';
import { invalid, readManifest } from './manifest.ts';
import { uidOf } from './planned-change.ts';
import { kindField, namespaceField } from './schemas.ts';

// Its pods carry the name as the value of a label.
const nameChars = 63;

// As people name it on a command line: cronjob/report.
const kindBefore = /^(?:cj|cronjobs?(?:\.batch)?)\//i;

/** Runs a Job once, from a CronJob or a manifest, under a name of its own. */
export const k8sRunJob = defineChangeTool({
  name: 'k8s_run_job',
  title: 'Run a job',
  description: 'Run a CronJob now, or a Job, under a new name; answers with the end of its log.',
  input: z.strictObject({
    cronJob: kindField.optional().describe('Name.'),
    manifest: z.string().min(1).max(limits.manifestBytes).optional().describe('Or one Job.'),
    namespace: namespaceField.describe('Namespace.'),
  }),

  async plan({ cronJob, manifest, namespace }, { kube, environment }) {
    if (cronJob !== undefined && manifest === undefined)
      return [named(await templateOf(kube, { cronJob, namespace }))];
    if (cronJob === undefined && manifest !== undefined)
      return [named(await templateIn(manifest, { namespace, environment }))];
    const message = 'give either cronJob (a name) or manifest (a Job)';
    throw new VigieError('INVALID_INPUT', message, { details: { issues: [{ field: 'cronJob', message }] } });
  },
});

/** A Job but for its name, which is drawn for each run. */
interface Template {
  name: string;
  namespace: string | undefined;
  metadata: JsonObject;
  spec: JsonObject;
}

function named({ name: base, namespace, metadata, spec }: Template): K8sRunJob {
  const drawn = `-${newId()}`;
  const name = base.slice(0, nameChars - drawn.length).replace(/[-.]+$/, '') + drawn;
  const place = { name, ...(namespace === undefined ? {} : { namespace }) };
  const identity = { apiVersion: 'batch/v1', kind: 'Job' };
  return {
    kind: 'k8s-run-job',
    target: { ...identity, ...place },
    manifest: { ...identity, metadata: { ...metadata, ...place }, spec },
  };
}

/** As the CronJob's own controller would make it, with the mark that a person asked for it. */
async function templateOf(
  kube: ToolContext['kube'],
  asked: { cronJob: string; namespace: string | undefined },
): Promise<Template> {
  const cronJob = await kube.get({
    kind: 'CronJob',
    apiVersion: 'batch/v1',
    name: asked.cronJob.replace(kindBefore, ''),
    ...(asked.namespace === undefined ? {} : { namespace: asked.namespace }),
  });
  const { apiVersion, kind, metadata } = cronJob;
  const { metadata: { labels, annotations } = {}, spec } = cronJob.spec.jobTemplate;
  const owner = { apiVersion, kind, name: metadata.name, uid: uidOf(cronJob), controller: true };
  return {
    name: metadata.name,
    namespace: metadata.namespace,
    metadata: {
      ...(labels === undefined ? {} : { labels }),
      annotations: { ...annotations, 'cronjob.kubernetes.io/instantiate': 'manual' },
      ownerReferences: [owner],
    },
    spec,
  };
}

async function templateIn(
  text: string,
  at: { namespace: string | undefined; environment: EnvironmentView },
): Promise<Template> {
  const [job, second] = await readManifest(text, { generated: true });
  const isJob = job?.kind === 'Job' && splitApiVersion(job.apiVersion).group === 'batch';
  if (job === undefined || !isJob || second !== undefined)
    throw invalid('The manifest is not one Job (batch/v1); k8s_apply takes other objects', {
      line: second?.line ?? job?.line ?? 1,
    });
  const only = at.environment.namespaces?.length === 1 ? at.environment.namespaces[0] : undefined;
  const namespace = job.namespace ?? at.namespace ?? only;
  if (namespace === undefined || (at.namespace !== undefined && namespace !== at.namespace))
    throw invalid(
      namespace === undefined
        ? `Job/${job.name} names no namespace; say which in the document or the namespace argument`
        : `Job/${job.name} names the namespace ${namespace}, the call says ${at.namespace ?? ''}`,
      { line: job.line },
    );
  const { metadata, spec } = job.manifest;
  const { generateName: _base, ...own } = isObject(metadata) ? metadata : {};
  return {
    name: job.name,
    namespace,
    metadata: own,
    spec: isObject(spec) ? spec : {},
  };
}
