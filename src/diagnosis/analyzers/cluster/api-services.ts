import { describeRef, type Ref } from '../../../core/ref.ts';
import { conditionOf } from '../../../kubernetes/kinds/condition.ts';
import { refOf } from '../../../kubernetes/object.ts';
import { isDeleting } from '../../../kubernetes/owners.ts';
import { sinceMs } from '../../ages.ts';
import { defineAnalyzer } from '../../analyzer.ts';
import { quoteField } from '../../evidence.ts';
import { setsBehind } from '../../network/behind-service.ts';
import type { Snapshot } from '../../snapshot.ts';
import { nearestSets } from '../network/services.ts';

// A server behind an API that is replaced or started is answered for again within that.
const startingMs = 120_000;

/** Extensions of the API that nobody answers for. */
export const apiServicesAnalyzer = defineAnalyzer({
  id: 'api-services',
  needs: ['APIService', 'Service', 'EndpointSlice', 'Deployment', 'HorizontalPodAutoscaler'],
  codes: {
    API_SERVICE_DOWN: {
      row: 'api-service',
      means:
        'An extension of the API does not answer: its kinds are gone, autoscalers may lack metrics, and namespaces do not end.',
      decided:
        'The condition Available of the APIService is False for two minutes, or, where there is no such condition, the Service it names does not exist.',
      fixed:
        'What keeps the pods behind its Service from answering; the deletion of one whose program is gone.',
    },
  },

  analyze(snapshot) {
    return snapshot.of('APIService').flatMap(found => {
      const { service, group = '', version = '' } = found.spec;
      if (service === undefined || isDeleting(found)) return [];
      const available = conditionOf(found.status?.conditions, 'Available');
      const place = { kind: 'Service', name: service.name ?? '', namespace: service.namespace ?? '' };
      const lacksService = snapshot.lacks(place);
      // The server asks it every half minute: what it says of it counts more than what is not there.
      if (available?.status === 'True' || (!lacksService && available === undefined)) return [];
      if (!lacksService && (sinceMs(snapshot, available?.lastTransitionTime) ?? startingMs) < startingMs)
        return [];
      const named = snapshot.find('Service', place);
      // A service that is left without its program says less than what it was for.
      const isEmpty =
        named !== undefined &&
        setsBehind(named, snapshot).length === 0 &&
        nearestSets(named, snapshot).length === 0;
      const ref = refOf(found);
      return [
        {
          code: 'API_SERVICE_DOWN',
          severity: 'critical',
          object: ref,
          summary: `${group}/${version} does not answer${lacksService ? `: ${describeRef(place)} does not exist` : ''}`,
          evidence: [
            quoteField('spec.service', { namespace: place.namespace, name: place.name }),
            ...(available?.status === 'False'
              ? [
                  quoteField(
                    `status.conditions[Available] ${available.reason ?? ''}`,
                    available.message ?? '',
                  ),
                ]
              : []),
          ],
          confidence: 'certain',
          fixes: [],
          question: lacksService
            ? 'Is the program behind it still wanted? If not, this APIService can go.'
            : `Why do the pods behind ${describeRef(place)} not answer?`,
          breaks: [...brokenBy(group, snapshot), ...(isEmpty ? [place] : [])],
          dependsOn: lacksService || isEmpty ? [] : behind(place, snapshot),
          // Below the service that it breaks.
          depth: 3,
        },
      ];
    });
  },
});

function behind(place: { name: string; namespace: string; kind: string }, snapshot: Snapshot): Ref[] {
  const service = snapshot.find('Service', place);
  return service === undefined
    ? []
    : [refOf(service), ...setsBehind(service, snapshot).map(({ object }) => refOf(object))];
}

/** Autoscalers read their metrics from three groups. */
function brokenBy(group: string, snapshot: Snapshot): Ref[] {
  if (!group.endsWith('metrics.k8s.io')) return [];
  return snapshot
    .of('HorizontalPodAutoscaler')
    .filter(each => asks(each, group))
    .map(refOf);
}

function asks(
  { status }: { status?: { conditions?: { type: string; status: string; message?: string }[] } },
  group: string,
): boolean {
  const active = conditionOf(status?.conditions, 'ScalingActive');
  return (
    active?.status === 'False' && (group !== 'metrics.k8s.io' || (active.message ?? '').includes('metrics'))
  );
}
