import { memberOf, textOf } from '../core/json.ts';
import type { Ref } from '../core/ref.ts';
import { refOf } from '../kubernetes/object.ts';
import type { Snapshot } from './snapshot.ts';

/** What would make a Secret, were it well: certificates of cert-manager, external and sealed secrets. */
export function makersOfSecret(
  { name, namespace }: Pick<Ref, 'name' | 'namespace'>,
  snapshot: Snapshot,
): Ref[] {
  return ['Certificate', 'ExternalSecret', 'SealedSecret'].flatMap(maker =>
    snapshot
      .list(maker, namespace)
      .filter(({ metadata, spec }) => {
        const target = textOf(memberOf(spec, 'target'), 'name') || textOf(spec, 'secretName');
        return (target === '' ? metadata.name : target) === name;
      })
      .map(refOf),
  );
}
