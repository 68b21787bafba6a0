import { plainText } from '../../core/json.ts';
import type { PersistentVolume, PersistentVolumeClaim } from '../../kubernetes/kinds/storage.ts';
import { isDeleting } from '../../kubernetes/owners.ts';
import { readQuantity } from '../../kubernetes/quantities.ts';
import { matchesLabels, requirementsOf } from '../../kubernetes/selectors.ts';
import type { Snapshot } from '../snapshot.ts';

/** A volume, and what is against a claim's having it. */
interface Judged {
  volume: PersistentVolume;
  against: readonly string[];
}

// Claims of one shape want the same, and a template makes thousands of them.
const nearest = new WeakMap<Snapshot, Map<string, Judged | undefined>>();
const kept = new WeakMap<Snapshot, ReadonlyMap<string, readonly PersistentVolume[]>>();

/** The volume with the least against it; one that is kept for the claim counts as what it is. Undefined: there is none. */
export function nearestVolume(claim: PersistentVolumeClaim, snapshot: Snapshot): Judged | undefined {
  const { name, namespace } = claim.metadata;
  const ofClaims =
    kept.get(snapshot) ??
    Map.groupBy(
      snapshot.of('PersistentVolume'),
      ({ spec: { claimRef } }) => `${claimRef?.namespace ?? ''}/${claimRef?.name ?? ''}`,
    );
  kept.set(snapshot, ofClaims);
  const own = best(claim, ofClaims.get(`${namespace ?? ''}/${name}`) ?? []);
  const byShape = nearest.get(snapshot) ?? new Map<string, Judged | undefined>();
  nearest.set(snapshot, byShape);
  const shape = JSON.stringify(claim.spec);
  // Of no name: what is kept for one claim fits no other of its shape.
  const anybody = { ...claim, metadata: { ...claim.metadata, name: '' } };
  if (!byShape.has(shape)) byShape.set(shape, best(anybody, snapshot.of('PersistentVolume')));
  const any = byShape.get(shape);
  return own !== undefined && (any === undefined || own.against.length <= any.against.length) ? own : any;
}

function best(claim: PersistentVolumeClaim, volumes: readonly PersistentVolume[]): Judged | undefined {
  return volumes.reduce<Judged | undefined>((least, volume) => {
    const against = whyNotFor(claim, volume);
    return least !== undefined && least.against.length <= against.length ? least : { volume, against };
  }, undefined);
}

/** Why a claim cannot have a volume that somebody made by hand, as the end of `PersistentVolume/x …`; none: it can. */
export function whyNotFor(claim: PersistentVolumeClaim, volume: PersistentVolume): string[] {
  const {
    accessModes = [],
    storageClassName = '',
    volumeMode = 'Filesystem',
    resources,
    selector,
  } = claim.spec;
  const { spec, metadata } = volume;
  const against: string[] = [];
  if (isDeleting(volume)) against.push('is being deleted');
  against.push(...whyTaken(claim, volume));
  const ofClass = spec.storageClassName ?? '';
  if (ofClass !== storageClassName)
    against.push(`is of ${named(ofClass)}, not of ${named(storageClassName)}`);
  if ((spec.volumeMode ?? 'Filesystem') !== volumeMode)
    against.push(`has volume mode ${spec.volumeMode ?? 'Filesystem'}, not ${volumeMode}`);
  const lacking = accessModes.filter(mode => !(spec.accessModes ?? []).includes(mode));
  if (lacking.length > 0)
    against.push(`allows ${(spec.accessModes ?? []).join(', ')} and not ${lacking.join(', ')}`);
  const asked = resources?.requests?.['storage'];
  const size = spec.capacity?.['storage'];
  if (amountIn(volume, size) < amountIn(claim, asked))
    against.push(`has ${plainText(size)} of the ${plainText(asked)} asked for`);
  if (selector !== undefined && !matchesLabels(requirementsOf(selector), metadata.labels))
    against.push("lacks the labels of the claim's selector");
  return against;
}

function whyTaken({ metadata }: PersistentVolumeClaim, { spec, status }: PersistentVolume): string[] {
  const { claimRef } = spec;
  if (claimRef === undefined)
    return status?.phase === 'Released' || status?.phase === 'Failed' ? [`is ${status.phase}`] : [];
  if (claimRef.name !== metadata.name || claimRef.namespace !== metadata.namespace)
    return [`belongs to ${claimRef.namespace ?? ''}/${claimRef.name ?? ''}`];
  return claimRef.uid === undefined || claimRef.uid === metadata.uid
    ? []
    : ['is kept for an earlier claim of this name'];
}

function named(className: string): string {
  return className === '' ? 'no class' : `class ${className}`;
}

// Every claim without a volume is held against every volume.
const amounts = new WeakMap<PersistentVolume | PersistentVolumeClaim, bigint>();

function amountIn(object: PersistentVolume | PersistentVolumeClaim, value: unknown): bigint {
  const known = amounts.get(object);
  if (known !== undefined) return known;
  const read = typeof value === 'string' || typeof value === 'number' ? (readQuantity(value) ?? 0n) : 0n;
  amounts.set(object, read);
  return read;
}
