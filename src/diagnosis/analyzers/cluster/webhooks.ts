import { describeRef, type Ref } from '../../../core/ref.ts';
import { cleanLine } from '../../../core/text.ts';
import { lastSeenMs } from '../../../kubernetes/event-times.ts';
import type { Event } from '../../../kubernetes/kinds/event.ts';
import { refOf } from '../../../kubernetes/object.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { judgesIn, type Webhook, webhooksOf } from '../../cluster/webhook-facts.ts';
import { quoteEvent, quoteField } from '../../evidence.ts';
import { endpointsOf, setsBehind } from '../../network/behind-service.ts';
import type { Snapshot } from '../../snapshot.ts';
import { nearestSets } from '../network/services.ts';

type Code =
  | 'WEBHOOK_SERVICE_MISSING'
  | 'WEBHOOK_PORT_UNKNOWN'
  | 'WEBHOOK_UNREACHABLE'
  | 'WEBHOOK_FAILS'
  | 'WEBHOOK_JUDGES_SYSTEM';

/** Admission webhooks that nobody answers, and what they keep from being made. */
export const webhooksAnalyzer = defineAnalyzer({
  id: 'webhooks',
  needs: [
    'ValidatingWebhookConfiguration',
    'MutatingWebhookConfiguration',
    'Service',
    'EndpointSlice',
    'Namespace',
    'Pod',
    'Deployment',
    'DaemonSet',
    'StatefulSet',
    'ReplicaSet',
    'Event',
  ],
  codes: {
    WEBHOOK_SERVICE_MISSING: {
      row: 'webhook',
      means: 'An admission webhook is to be asked at a Service that does not exist.',
      decided:
        'clientConfig.service names no Service. With failurePolicy Fail everything that it judges is refused; with Ignore nothing is judged.',
      fixed: 'The Service and its program, or the deletion of the configuration that was left behind.',
    },
    WEBHOOK_PORT_UNKNOWN: {
      row: 'webhook',
      means: 'An admission webhook is to be asked at a port that its Service does not have.',
      decided: 'clientConfig.service.port, 443 unless it says otherwise, is no port of the Service.',
      fixed: "The Service's port.",
    },
    WEBHOOK_UNREACHABLE: {
      row: 'webhook',
      means: 'An admission webhook has a Service, and no ready pod behind it.',
      decided:
        'The Service selects nothing, or its EndpointSlices have no ready endpoint, or all its workloads are scaled to zero.',
      fixed: 'What keeps its pods from being ready.',
    },
    WEBHOOK_FAILS: {
      row: 'webhook',
      means: 'An admission webhook is asked, and does not answer as it has to: pods are refused.',
      decided:
        'The server says "failed calling webhook" of it within a quarter of an hour, while its Service has ready pods.',
      fixed: 'What the server complains about: the bundle of its authority, a port, a firewall, the program.',
    },
    WEBHOOK_JUDGES_SYSTEM: {
      row: 'webhook',
      means: 'A webhook that refuses what it cannot judge also judges pods of kube-system. Counted only.',
      decided: 'failurePolicy is Fail, its rules hold pods, and its namespaceSelector matches kube-system.',
      fixed: 'A namespaceSelector that leaves kube-system out.',
    },
  },

  analyze(snapshot) {
    const webhooks = webhooksOf(snapshot);
    // The webhooks of a configuration mostly share one service: one finding each.
    const groups = Map.groupBy(
      webhooks.filter(({ service }) => service !== undefined),
      ({ configuration, service }) =>
        `${configuration.kind}/${configuration.metadata.name} ${JSON.stringify(service)}`,
    );
    return [
      ...[...groups.values()].flatMap(group => unanswered(group, snapshot)),
      ...overreaching(webhooks, snapshot),
    ];
  },
});

function unanswered(group: readonly Webhook[], snapshot: Snapshot): Draft<Code>[] {
  const first = group.find(({ failurePolicy }) => failurePolicy === 'Fail') ?? group[0];
  if (first?.service === undefined) return [];
  const { name, namespace, port } = first.service;
  const fault = faultOf({ name, namespace, port }, snapshot);
  if (fault === undefined) return failing(group, snapshot);
  const { code, says, quote } = fault;
  const fails = first.failurePolicy === 'Fail';
  const judged =
    [...new Set(group.flatMap(({ resources }) => resources))].slice(0, 4).join(', ') || 'what it judges';
  const refused = fails ? refusedBy(group, snapshot) : [];
  const [event] = refused;
  return [
    {
      code,
      severity: fails ? 'critical' : 'warning',
      object: refOf(first.configuration),
      summary: `${first.name} ${says}: ${fails ? `creating or changing ${judged} is refused` : `${judged} go unjudged`}`,
      evidence: [
        quoteField(`${first.at}.clientConfig.service`, { name, namespace, port }),
        quoteField(`${first.at}.failurePolicy`, first.failurePolicy),
        ...(quote === undefined ? [] : [quote]),
        ...(event === undefined ? [] : [quoteEvent(event.event)]),
      ],
      confidence: 'certain',
      fixes: [],
      question:
        code === 'WEBHOOK_UNREACHABLE'
          ? `Why has Service ${name} in ${namespace} no ready pod?`
          : 'Is the program behind it still wanted? If not, its configuration can go.',
      breaks: [...refused.map(({ object }) => object), ...(fault.breaks ?? [])],
      dependsOn: fault.dependsOn,
      // Below the service that it breaks.
      depth: 3,
    },
  ];
}

// What is refused is tried again within minutes; older words may be of a webhook that was mended since.
const recentMs = 15 * 60_000;

/** As the server alone knows it. */
function failing(group: readonly Webhook[], snapshot: Snapshot): Draft<Code>[] {
  const refused = refusedBy(group, snapshot).filter(
    ({ event }) => snapshot.nowMs - lastSeenMs(event) <= recentMs,
  );
  const [first] = refused;
  const webhook = group.find(({ name }) => first?.event.message?.includes(callOf(name)));
  // Without a bundle it has a finding of its own.
  if (first === undefined || webhook === undefined || webhook.caBundle === '') return [];
  const distrusted = first.event.message?.includes('x509') === true;
  return [
    {
      code: 'WEBHOOK_FAILS',
      severity: 'critical',
      object: refOf(webhook.configuration),
      summary: distrusted
        ? `${webhook.name} has a certificate that its caBundle does not know: what it judges is refused`
        : `${webhook.name} does not answer as it has to: what it judges is refused`,
      evidence: [
        quoteEvent({
          reason: first.event.reason ?? '',
          message: first.event.message?.slice(first.event.message.indexOf(callOf(webhook.name))) ?? '',
        }),
        ...endingOf(first.event.message ?? ''),
      ],
      confidence: 'certain',
      fixes: [],
      question: distrusted
        ? 'Which authority signed the certificate of its program?'
        : 'What keeps the API server from an answer: a firewall, its port, or the program?',
      breaks: refused.map(({ object }) => object),
      depth: 3,
    },
  ];
}

// The reason stands at the end, and a quote may be cut before it.
const endingChars = 150;

function endingOf(message: string): string[] {
  return message.length <= endingChars
    ? []
    : [cleanLine(`… ${message.slice(-endingChars)}`, endingChars + 2)];
}

function callOf(name: string): string {
  return `failed calling webhook "${name}"`;
}

function faultOf(
  { name, namespace, port }: { name: string; namespace: string; port: number },
  snapshot: Snapshot,
): { code: Code; says: string; quote?: string; dependsOn: Ref[]; breaks?: Ref[] } | undefined {
  const place = { kind: 'Service', name, namespace };
  const service = snapshot.find('Service', place);
  // Nobody looks into a namespace that is gone.
  const isGone =
    service === undefined &&
    snapshot.sees('Service') &&
    snapshot.lacks({ kind: 'Namespace', name: namespace });
  if (isGone || snapshot.lacks(place))
    return {
      code: 'WEBHOOK_SERVICE_MISSING',
      says: `asks Service ${name} in ${namespace}, which does not exist`,
      dependsOn: [],
    };
  if (service === undefined || service.spec.type === 'ExternalName') return undefined;
  const ports = service.spec.ports ?? [];
  if (!ports.some(each => each.port === port))
    return {
      code: 'WEBHOOK_PORT_UNKNOWN',
      says: `asks port ${port} of Service ${name}, which has ${
        ports
          .map(each => each.port)
          .slice(0, 5)
          .join(', ') || 'none'
      }`,
      dependsOn: [],
    };
  const sets = setsBehind(service, snapshot);
  const endpoints = endpointsOf(service, snapshot);
  const selects = Object.keys(service.spec.selector ?? {}).length > 0;
  const idle = sets.length > 0 && sets.every(({ wanted }) => wanted === 0);
  // Without slices nobody knows who is ready, but that nobody is there shows.
  const isDown = endpoints.known ? endpoints.ready === 0 : selects && (sets.length === 0 || idle);
  if (!isDown || (!endpoints.known && sets.length === 0 && !snapshot.sees('Deployment', namespace)))
    return undefined;
  return {
    code: 'WEBHOOK_UNREACHABLE',
    says: `asks Service ${name} in ${namespace}, behind which no pod is ready`,
    quote: quoteField('ready endpoints', endpoints.known ? `0 of ${endpoints.total}` : '0'),
    ...(sets.length === 0 && nearestSets(service, snapshot).length === 0
      ? { dependsOn: [], breaks: [refOf(service)] }
      : { dependsOn: [refOf(service), ...sets.map(({ object }) => refOf(object))] }),
  };
}

/** What could not be made, as its owner's events tell. */
function refusedBy(group: readonly Webhook[], snapshot: Snapshot) {
  const words = group.map(({ name }) => callOf(name));
  const makers = [...snapshot.of('ReplicaSet'), ...snapshot.podSets.map(({ object }) => object)];
  const found = new Map<string, { object: Ref; event: Event }>();
  for (const maker of makers) {
    const event = snapshot
      .eventsFor(refOf(maker))
      .find(({ message = '' }) => words.some(word => message.includes(word)));
    const object = refOf(snapshot.ownerOf(maker));
    if (event !== undefined) found.set(describeRef(object), { object, event });
  }
  return [...found.values()];
}

function overreaching(webhooks: readonly Webhook[], snapshot: Snapshot): Draft<Code>[] {
  const labels = snapshot.find('Namespace', { name: 'kube-system' })?.metadata.labels ?? {};
  return webhooks
    .filter(
      webhook =>
        webhook.failurePolicy === 'Fail' &&
        webhook.service !== undefined &&
        webhook.resources.some(resource => ['pods', '*', '*/*'].includes(resource)) &&
        judgesIn(webhook, { name: 'kube-system', labels }),
    )
    .map(webhook => ({
      code: 'WEBHOOK_JUDGES_SYSTEM',
      severity: 'note',
      object: refOf(webhook.configuration),
      summary: `${webhook.name} also judges pods of kube-system, and refuses what it cannot judge`,
      evidence: [quoteField(`${webhook.at}.failurePolicy`, webhook.failurePolicy)],
      confidence: 'certain',
      fixes: [],
    }));
}
