import type { AccessQuestion } from '../../clients/kube/reader.ts';
import { limits } from '../../core/limits.ts';
import type { Environment, Reach } from '../../pipeline/vigie.ts';
import type { Check } from './check.ts';
import { excessCheck } from './excess.ts';

/** A cluster that has said nothing by then is down as far as a person is concerned. */
const answerMs = 15_000;
/** More namespaces are looked at by their first ones: each costs a request for every question. */
const mostNamespaces = 3;

/** What the tools of a family need, each as the API server is asked about it. */
const needs: readonly { tools: string; reads: boolean; questions: readonly AccessQuestion[] }[] = [
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
  { tools: 'k8s_events', reads: true, questions: [{ verb: 'list', resource: 'events' }] },
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
    tools: 'k8s_rollout',
    reads: false,
    questions: [{ verb: 'patch', group: 'apps', resource: 'deployments' }],
  },
  { tools: 'k8s_delete', reads: false, questions: [{ verb: 'delete', resource: 'pods' }] },
];

export async function* environmentChecks(
  environment: Environment,
  facts: { signal: AbortSignal; readOnly: boolean },
): AsyncIterable<Check> {
  const { name, namespaces } = environment.view;
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
  asked: { reach: Reach; need: (typeof needs)[number]; namespace: string | undefined },
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
  return {
    area,
    // A cluster that lets us read alone is often meant so; one that does not let us read is of no use.
    state: need.reads ? 'wrong' : 'note',
    what: `${need.tools} ${where}: may not ${missing.join(', ')}`,
    todo: `Have a Role with these verbs bound to this user${namespace === undefined ? ', or name the namespaces it may use in vigie.yaml' : ''}.`,
  };
}

function describeResource({ group, resource, subresource }: AccessQuestion): string {
  return `${resource}${group === undefined ? '' : `.${group}`}${subresource === undefined ? '' : `/${subresource}`}`;
}
