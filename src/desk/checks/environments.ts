import type { AccessQuestion } from '../../clients/kube/reader.ts';
import { limits } from '../../core/limits.ts';
import type { Environment, Reach } from '../../pipeline/vigie.ts';
import type { Check } from './check.ts';
import { excessCheck } from './excess.ts';

/** A cluster that has said nothing by then is down as far as a person is concerned. */
const answerMs = 15_000;
/** More namespaces are looked at by their first ones: each costs a request for every question. */
const mostNamespaces = 3;

/** What some tools need, each as the API server is asked about it. */
interface Need {
  tools: string;
  reads: boolean;
  /** Vigie is of use without it. */
  spared?: true;
  questions: readonly AccessQuestion[];
}

const needs: readonly Need[] = [
  {
    tools: 'k8s_list, k8s_get',
    reads: true,
    questions: [
      { verb: 'list', resource: 'pods' },
      { verb: 'get', resource: 'pods' },
      { verb: 'list', group: 'apps', resource: 'deployments' },
    ],
  },
  { tools: 'k8s_logs', reads: true, questions: [{ verb: 'get', resource: 'pods', subresource: 'log' }] },
  {
    tools: 'k8s_events, k8s_describe',
    reads: true,
    questions: [
      { verb: 'list', resource: 'events' },
      { verb: 'list', group: 'apps', resource: 'replicasets' },
    ],
  },
  {
    tools: 'k8s_top',
    reads: true,
    spared: true,
    questions: [{ verb: 'list', group: 'metrics.k8s.io', resource: 'pods' }],
  },
  {
    tools: 'k8s_apply',
    reads: false,
    questions: [
      { verb: 'create', group: 'apps', resource: 'deployments' },
      { verb: 'patch', group: 'apps', resource: 'deployments' },
      { verb: 'patch', resource: 'services' },
      { verb: 'patch', resource: 'configmaps' },
    ],
  },
  {
    tools: 'k8s_scale',
    reads: false,
    questions: [{ verb: 'patch', group: 'apps', resource: 'deployments', subresource: 'scale' }],
  },
  {
    tools: 'k8s_rollout, k8s_set',
    reads: false,
    questions: [{ verb: 'patch', group: 'apps', resource: 'deployments' }],
  },
  { tools: 'k8s_delete', reads: false, questions: [{ verb: 'delete', resource: 'pods' }] },
  { tools: 'k8s_run_job', reads: false, questions: [{ verb: 'create', group: 'batch', resource: 'jobs' }] },
  { tools: 'k8s_exec, vigie k8s cp', reads: false, questions: lineInto('exec') },
  { tools: 'vigie k8s port-forward', reads: false, questions: lineInto('portforward') },
];

/** Of the whole cluster: a drain concerns the pods of all namespaces. */
const nodeNeed: Need = {
  tools: 'k8s_node',
  reads: false,
  questions: [
    { verb: 'patch', resource: 'nodes' },
    { verb: 'create', resource: 'pods', subresource: 'eviction' },
  ],
};

/** Older servers ask for the one, newer ones for the other. */
function lineInto(subresource: 'exec' | 'portforward'): AccessQuestion[] {
  return ['get', 'create'].map(verb => ({ verb, resource: 'pods', subresource }));
}

export async function* environmentChecks(
  environment: Environment,
  facts: { signal: AbortSignal; readOnly: boolean },
): AsyncIterable<Check> {
  const { name, namespaces, clusterScoped } = environment.view;
  const area = name;
  const reach = await environment.reach(AbortSignal.any([facts.signal, AbortSignal.timeout(answerMs)]));
  const version = await reach.reader.serverVersion();
  const { user, server } = await reach.identity();
  yield {
    area,
    state: 'fine',
    what: `${server} answers (${version}); it takes us for ${user || 'somebody it does not name'}`,
  };
  yield clockCheck(area, { reach, simulated: environment.view.kind === 'sandbox' });
  if (namespaces === undefined && clusterScoped && !facts.readOnly)
    yield await accessCheck(area, { reach, need: nodeNeed, namespace: undefined });
  for (const namespace of namespaces?.slice(0, mostNamespaces) ?? [undefined]) {
    for (const need of needs) {
      if (facts.readOnly && !need.reads) continue;
      yield await accessCheck(area, { reach, need, namespace });
    }
    // A simulated cluster knows one account, and there is nothing to lose in it.
    if (environment.view.kind === 'kube')
      yield await excessCheck(environment, { reach, namespace, readOnly: facts.readOnly });
  }
}

function clockCheck(area: string, { reach, simulated }: { reach: Reach; simulated: boolean }): Check {
  const server = reach.serverTime();
  if (server === undefined)
    return {
      area,
      state: 'note',
      what: 'it does not tell its time',
      todo: 'Nothing to do; changes are made all the same.',
    };
  const seconds = Math.round((Date.now() - server.getTime()) / 1000);
  if (Math.abs(seconds) * 1000 <= limits.clockSkewMs)
    return { area, state: 'fine', what: `its clock and ours differ by ${Math.abs(seconds)} s` };
  if (simulated)
    return {
      area,
      state: 'note',
      what: `its clock was moved: it differs from ours by ${Math.abs(seconds)} s`,
      todo: 'Nothing to do; changes are made all the same.',
    };
  return {
    area,
    state: 'wrong',
    what: `its clock and ours differ by ${Math.abs(seconds)} s: no change is made above ${limits.clockSkewMs / 1000}`,
    todo: 'Let this machine keep time by NTP.',
  };
}

async function accessCheck(
  area: string,
  asked: { reach: Reach; need: Need; namespace: string | undefined },
): Promise<Check> {
  const { reach, need, namespace } = asked;
  const where = namespace === undefined ? 'anywhere' : `in ${namespace}`;
  const missing: string[] = [];
  for (const question of need.questions) {
    const answer = await reach.reader.canI({
      ...question,
      ...(namespace === undefined ? {} : { namespace }),
    });
    if (!answer.allowed) missing.push(`${question.verb} ${describeResource(question)}`);
  }
  if (missing.length === 0) return { area, state: 'fine', what: `${need.tools} ${where}` };
  // A cluster that lets us read alone is often meant so; one that does not let us read is of no use.
  const lacking = need.reads && need.spared === undefined;
  return {
    area,
    state: lacking ? 'wrong' : 'note',
    what: `${need.tools} ${where}: may not ${missing.join(', ')}`,
    todo: `${lacking ? 'Have' : 'If it is wanted, have'} a Role with these verbs bound to this user${namespace === undefined ? ', or name the namespaces it may use in vigie.yaml' : ''}.`,
  };
}

function describeResource({ group, resource, subresource }: AccessQuestion): string {
  return `${resource}${group === undefined ? '' : `.${group}`}${subresource === undefined ? '' : `/${subresource}`}`;
}
