import { isIP } from 'node:net';
import type { Ref } from '../../../core/ref.ts';
import { refOf } from '../../../kubernetes/object.ts';
import { isDeleting } from '../../../kubernetes/owners.ts';
import { defineAnalyzer } from '../../analyzer.ts';
import { quoteField } from '../../evidence.ts';
import { complaintsAbout } from '../../network/connection-logs.ts';
import type { Snapshot } from '../../snapshot.ts';

/** Services that stand for a name outside, which nobody resolves. */
export const externalNamesAnalyzer = defineAnalyzer({
  id: 'external-names',
  needs: ['Service', 'Pod'],
  codes: {
    EXTERNAL_NAME_INVALID: {
      row: 'service',
      means: 'A Service of type ExternalName names something that no DNS resolves.',
      decided:
        'The name is an address of numbers, has the form of a URL or of host and port, or is a Service of this cluster that does not exist.',
      fixed: 'The bare DNS name; for an address of numbers a Service with an EndpointSlice of its own.',
    },
  },

  analyze(snapshot) {
    return snapshot.of('Service').flatMap(service => {
      if (isDeleting(service) || service.spec.type !== 'ExternalName') return [];
      const { externalName: text = '' } = service.spec;
      const fault = externalNameFault(text, snapshot);
      if (fault === undefined) return [];
      return [
        {
          code: 'EXTERNAL_NAME_INVALID',
          severity: 'critical',
          object: refOf(service),
          summary: fault.says,
          evidence: [quoteField('spec.externalName', text)],
          confidence: 'certain',
          fixes: [],
          question: `Which DNS name is ${service.metadata.name} meant to stand for?`,
          breaks: [
            ...complaintsAbout(service, snapshot),
            ...(fault.lacks === undefined ? [] : [fault.lacks]),
          ],
          depth: 2,
        },
      ];
    });
  },
});

/** `lacks`: the Service that is not there, for which others look in vain by its own name. */
function externalNameFault(text: string, snapshot: Snapshot): { says: string; lacks?: Ref } | undefined {
  const name = text.replace(/\.$/, '');
  if (name === '') return { says: 'names no host' };
  if (isIP(name) > 0)
    return { says: 'names an address of numbers, which DNS answers as a name and no client resolves' };
  if (!/^[A-Za-z0-9._-]+$/.test(name))
    return { says: 'names what is no DNS name, but a URL or a host with a port' };
  const inside = /^([a-z0-9-]+)\.([a-z0-9-]+)\.svc(?:\.cluster\.local)?$/.exec(name);
  const [, service, namespace] = inside ?? [];
  if (service === undefined || namespace === undefined) return undefined;
  const lacks = { apiVersion: 'v1', kind: 'Service', name: service, namespace };
  return snapshot.lacks(lacks)
    ? { says: `stands for Service/${service} in ${namespace}, which does not exist`, lacks }
    : undefined;
}
