import { memberOf, textOf } from '../../../core/json.ts';
import { type KubeObject, refOf } from '../../../kubernetes/object.ts';
import { isDeleting } from '../../../kubernetes/owners.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { quoteField } from '../../evidence.ts';
import type { Snapshot } from '../../snapshot.ts';

interface Template {
  object: KubeObject;
  /** `spec.volumeClaimTemplates[0].spec` */
  at: string;
  /** Absent: the default class is meant. */
  storageClass: string | undefined;
}

/** Templates of claims from which no claim has been made yet: what is wrong with one shows before it is used. */
export const claimTemplatesAnalyzer = defineAnalyzer({
  id: 'claim-templates',
  needs: [
    'StatefulSet',
    'Deployment',
    'DaemonSet',
    'Job',
    'PersistentVolumeClaim',
    'StorageClass',
    'PersistentVolume',
  ],
  codes: {
    TEMPLATE_CLASS_MISSING: {
      row: 'claim',
      means: 'The claims of a workload will name a storage class that does not exist.',
      decided:
        'A claim template names a class, there is none of the name, no volume made by hand bears it, and no claim was made from the template yet.',
      fixed: 'The class, or the workload made anew with one that exists.',
    },
  },

  analyze(snapshot) {
    return templatesIn(snapshot).flatMap(
      ({ object, at, storageClass }): Draft<'TEMPLATE_CLASS_MISSING'>[] => {
        if (storageClass === undefined || storageClass === '') return [];
        if (!snapshot.lacks({ kind: 'StorageClass', name: storageClass })) return [];
        if (snapshot.of('PersistentVolume').some(({ spec }) => spec.storageClassName === storageClass))
          return [];
        return [
          {
            code: 'TEMPLATE_CLASS_MISSING',
            severity: 'critical',
            object: refOf(object),
            summary: `its claims name storage class ${storageClass}, which does not exist`,
            evidence: [quoteField(`${at}.storageClassName`, storageClass)],
            confidence: 'certain',
            fixes: [],
            question: 'Which class are its claims to have?',
            depth: 2,
          },
        ];
      },
    );
  },
});

function templatesIn(snapshot: Snapshot): Template[] {
  const claimed = new Set(
    snapshot
      .of('PersistentVolumeClaim')
      .map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name.replace(/-\d+$/, '')}`),
  );
  const ofSets = snapshot.of('StatefulSet').flatMap((object): Template[] => {
    const { replicas = 1, volumeClaimTemplates = [] } = object.spec;
    if (replicas === 0 || isDeleting(object)) return [];
    return volumeClaimTemplates.flatMap(({ metadata, spec }, index) =>
      claimed.has(`${object.metadata.namespace ?? ''}/${metadata.name}-${object.metadata.name}`)
        ? []
        : [{ object, at: `spec.volumeClaimTemplates[${index}].spec`, storageClass: classIn(spec) }],
    );
  });
  const ofVolumes = snapshot.podSets.flatMap(({ object, spec, at, wanted, pods }): Template[] => {
    // A pod that was made has its claim, which is looked at itself.
    if (wanted === 0 || pods.length > 0 || isDeleting(object)) return [];
    return (spec.volumes ?? []).flatMap((volume, index) => {
      const template = memberOf(memberOf(volume, 'ephemeral'), 'volumeClaimTemplate');
      if (template === undefined) return [];
      const place = `${at}.volumes[${index}].ephemeral.volumeClaimTemplate.spec`;
      return [{ object, at: place, storageClass: classIn(memberOf(template, 'spec')) }];
    });
  });
  return [...ofSets, ...ofVolumes];
}

function classIn(spec: unknown): string | undefined {
  const name = textOf(spec, 'storageClassName');
  return name === '' ? undefined : name;
}
