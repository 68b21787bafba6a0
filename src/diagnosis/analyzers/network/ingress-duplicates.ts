import { listOf, memberOf, textOf } from '../../../core/json.ts';
import { describeRef } from '../../../core/ref.ts';
import type { Ingress } from '../../../kubernetes/kinds/network.ts';
import { refOf } from '../../../kubernetes/object.ts';
import { isDeleting } from '../../../kubernetes/owners.ts';
import { defineAnalyzer } from '../../analyzer.ts';
import { quoteField } from '../../evidence.ts';
import { classNameOf, defaultClasses } from '../../network/ingress-controllers.ts';

/** One host and path of an Ingress. */
interface Way {
  ingress: Ingress;
  at: string;
  host: string;
  path: string;
  /** Whom it leads to, as written. */
  target: string;
}

// Ingresses that are meant to share a host and path with another.
const sharing = [
  'nginx.ingress.kubernetes.io/canary',
  'haproxy.org/route-acl',
  'alb.ingress.kubernetes.io/group.name',
];

/** Ingresses of one class that claim the same host and path: which of them answers, nobody says. */
export const ingressDuplicatesAnalyzer = defineAnalyzer({
  id: 'ingress-duplicates',
  needs: ['Ingress', 'IngressClass'],
  codes: {
    INGRESS_DUPLICATE: {
      row: 'ingress',
      means: 'Two Ingresses of one class claim the same host and path.',
      decided:
        'Same class, host, path and path type; canaries and groups share on purpose. The younger of two is named.',
      fixed: 'Another host or path for one of them, or the deletion of one.',
    },
  },

  analyze(snapshot) {
    const fallback = defaultClasses(snapshot)[0]?.metadata.name ?? '';
    const ways = snapshot.of('Ingress').filter(isPlain).flatMap(waysOf);
    const groups = Map.groupBy(
      ways,
      ({ ingress, host, path }) => `${classNameOf(ingress) ?? fallback} ${host} ${path}`,
    );
    const said = new Set<string>();
    return [...groups.values()].flatMap(group => {
      const [first, ...others] = group.toSorted((a, b) => age(a.ingress) - age(b.ingress));
      const other = others.find(each => each.ingress !== first?.ingress);
      if (first === undefined || other === undefined) return [];
      const [older, younger] = [refOf(first.ingress), refOf(other.ingress)];
      const key = `${describeRef(older)} ${describeRef(younger)}`;
      // Two that share ten paths are one mistake.
      if (said.has(key)) return [];
      said.add(key);
      return [
        {
          code: 'INGRESS_DUPLICATE',
          severity: 'warning',
          object: younger,
          summary: `claims ${first.host || '*'}${first.path.slice(first.path.indexOf(' ') + 1)}, as ${describeRef(older)} does: only one of them is answered`,
          evidence: [
            quoteField(other.at, `${other.host || '*'} → ${other.target}`),
            quoteField(`${describeRef(older)} ${first.at}`, `${first.host || '*'} → ${first.target}`),
          ],
          confidence: 'certain',
          fixes: [],
          question: 'Which of the two is to answer?',
          depth: 2,
        },
      ];
    });
  },
});

function isPlain(ingress: Ingress): boolean {
  const annotations = ingress.metadata.annotations ?? {};
  return !isDeleting(ingress) && !sharing.some(key => Object.hasOwn(annotations, key));
}

/** By name of namespace as well: the same service elsewhere is another one. */
function waysOf(ingress: Ingress): Way[] {
  return listOf({ ...ingress.spec }, 'rules').flatMap((rule, index) =>
    listOf(memberOf(rule, 'http'), 'paths').map((path, number) => {
      const service = memberOf(memberOf(path, 'backend'), 'service');
      return {
        ingress,
        at: `spec.rules[${index}].http.paths[${number}]`,
        host: textOf(rule, 'host').toLowerCase(),
        path: `${textOf(path, 'pathType')} ${textOf(path, 'path') || '/'}`,
        target: `${ingress.metadata.namespace ?? ''}/${textOf(service, 'name')}:${JSON.stringify(memberOf(service, 'port') ?? {})}`,
      };
    }),
  );
}

/** When it was made; what does not say is the oldest. */
function age({ metadata }: Ingress): number {
  const ms = Date.parse(metadata.creationTimestamp ?? '');
  return Number.isNaN(ms) ? 0 : ms;
}
