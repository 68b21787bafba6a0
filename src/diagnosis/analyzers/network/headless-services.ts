import type { JsonObject } from '../../../core/json.ts';
import { describeRef } from '../../../core/ref.ts';
import type { StatefulSet } from '../../../kubernetes/kinds/workloads.ts';
import { refOf } from '../../../kubernetes/object.ts';
import { isDeleting } from '../../../kubernetes/owners.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { quoteField } from '../../evidence.ts';
import { applyFix } from '../../fixes.ts';
import { connectionComplaints } from '../../network/connection-logs.ts';
import { namedAddresses } from '../../network/needed-paths.ts';
import type { Snapshot } from '../../snapshot.ts';

type Code = 'HEADLESS_SERVICE_MISSING' | 'HEADLESS_SERVICE_NEEDED' | 'HEADLESS_SERVICE_WANTED';

/** StatefulSets whose pods have no names of their own, for want of a headless Service. */
export const headlessServicesAnalyzer = defineAnalyzer({
  id: 'headless-services',
  needs: ['StatefulSet', 'Service', 'ConfigMap', 'Pod', 'Deployment', 'DaemonSet'],
  codes: {
    HEADLESS_SERVICE_MISSING: {
      row: 'headless',
      means: 'The Service that a StatefulSet names for the names of its pods does not exist.',
      decided: 'spec.serviceName names no Service of its namespace. Without a name none is wanted.',
      fixed: 'A headless Service of that name, with the selector of the StatefulSet.',
    },
    HEADLESS_SERVICE_NEEDED: {
      row: 'headless',
      means:
        'The Service that a StatefulSet names has an address of its own, so its pods have no names in DNS.',
      decided:
        'spec.clusterIP of the Service is not None, and the StatefulSet has several pods, or somebody asks for one of them by name.',
      fixed: 'A headless Service; clusterIP cannot be changed, so the Service has to be made anew.',
    },
    HEADLESS_SERVICE_WANTED: {
      row: 'headless',
      means: 'The same of a StatefulSet with one pod that nobody asks for by name. Counted only.',
      decided: 'As above, with one pod.',
      fixed: 'As above, before it has a second pod.',
    },
  },

  analyze(snapshot) {
    return snapshot.of('StatefulSet').flatMap((set): Draft<Code>[] => {
      const { serviceName = '', replicas = 1 } = set.spec;
      const { namespace = '' } = set.metadata;
      if (serviceName === '' || isDeleting(set)) return [];
      const place = { kind: 'Service', name: serviceName, namespace };
      const asked = askedFor(set, snapshot);
      if (snapshot.lacks(place)) return [missing(set, asked)];
      const service = snapshot.find('Service', place);
      if (service === undefined || service.spec.clusterIP === 'None') return [];
      // A manifest that says nothing gets an address; one that was written by another version too.
      const isNeeded = asked !== undefined || replicas > 1;
      return [
        {
          code: isNeeded ? 'HEADLESS_SERVICE_NEEDED' : 'HEADLESS_SERVICE_WANTED',
          severity: isNeeded ? 'warning' : 'note',
          object: refOf(service),
          summary: `gives the pods of ${describeRef(refOf(set))} no names: it is not headless`,
          evidence: [
            quoteField('spec.clusterIP', service.spec.clusterIP),
            quoteField(`${describeRef(refOf(set))} spec.serviceName`, serviceName),
            ...(asked === undefined ? [] : [asked]),
          ],
          confidence: 'certain',
          fixes: [],
          question: 'May the Service be made anew without an address of its own?',
          breaks: [refOf(set)],
          depth: 2,
        },
      ];
    });
  },
});

function missing(set: StatefulSet, asked: string | undefined): Draft<Code> {
  const { serviceName = '', selector, template } = set.spec;
  const { namespace = '' } = set.metadata;
  const labels: JsonObject = { ...selector.matchLabels };
  const ports = template.spec.containers.flatMap(({ ports: declared = [] }) => declared);
  const names = ports.map(({ name, containerPort }) => name ?? `port-${containerPort}`);
  const isNamed = new Set(names).size === names.length;
  const manifest = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: serviceName, namespace },
    spec: {
      clusterIP: 'None',
      selector: labels,
      ...(ports.length === 0
        ? {}
        : {
            ports: ports.map(({ containerPort, protocol }, index) => ({
              name: names[index],
              port: containerPort,
              ...(protocol === undefined || protocol === 'TCP' ? {} : { protocol }),
            })),
          }),
    },
  };
  const canBeMade = isNamed && Object.keys(labels).length > 0;
  return {
    code: 'HEADLESS_SERVICE_MISSING',
    severity: asked === undefined ? 'warning' : 'critical',
    object: refOf(set),
    summary: `names Service ${serviceName} for the names of its pods, which does not exist`,
    evidence: [quoteField('spec.serviceName', serviceName), ...(asked === undefined ? [] : [asked])],
    confidence: 'certain',
    fixes: canBeMade ? [applyFix(manifest, `Make the headless Service/${serviceName} in ${namespace}`)] : [],
    ...(canBeMade ? {} : { question: `Which ports is Service ${serviceName} to have?` }),
    breaks: [{ apiVersion: 'v1', kind: 'Service', name: serviceName, namespace }],
    depth: 2,
  };
}

/** Where somebody asks for a pod of the set by its name, as a quote. */
function askedFor(set: StatefulSet, snapshot: Snapshot): string | undefined {
  const { serviceName = '' } = set.spec;
  const all = known.get(snapshot) ?? askedPodsIn(snapshot);
  known.set(snapshot, all);
  return all.get(`${set.metadata.name}.${serviceName}`);
}

// Each set that lacks its service asks.
const known = new WeakMap<Snapshot, ReadonlyMap<string, string>>();

/** The first quote that asks for a pod by its name, by the names of its set and of the service: `web.web-pods`. */
function askedPodsIn(snapshot: Snapshot): Map<string, string> {
  const asked = new Map<string, string>();
  const add = (host: string, quote: () => string) => {
    const [, set, service] = /^([^.]{1,253})-\d{1,10}\.([^.]{1,253})(?:\.|$)/.exec(host) ?? [];
    const key = `${set}.${service}`;
    if (set !== undefined && !asked.has(key)) asked.set(key, quote());
  };
  for (const { host, set, at, text } of namedAddresses(snapshot))
    add(host, () => quoteField(`${describeRef(refOf(set.object))} ${at}`, text));
  for (const { host = '', container, line } of connectionComplaints(snapshot))
    add(host, () => quoteField(`log of ${container}`, line));
  return asked;
}
