import { plainText } from '../../../core/json.ts';
import { isKind } from '../../../kubernetes/kinds.ts';
import type { KubeObject } from '../../../kubernetes/object.ts';
import { podReferences } from '../../../kubernetes/pod-references.ts';
import { defineDescriber } from './describer.ts';
import { inNamespaceOf, type Look } from './look.ts';

const usersNamed = 10;
const keysNamed = 40;

/** A claim: what it asks for, what it got, and the pods that mount it. */
export const claimDescriber = defineDescriber(['PersistentVolumeClaim'], async (claim, { look }) => {
  const { spec, status } = claim;
  const size = plainText(status?.capacity?.['storage'] ?? spec.resources?.requests?.['storage']);
  const name = spec.storageClassName;
  const served = name ? await look.exists('StorageClass', { name, namespace: undefined }) : undefined;
  return [
    `${size}, ${(spec.accessModes ?? []).join(', ')}, class ${name || '(none)'}${served === false ? ', which is MISSING' : ''}`,
    ...(spec.volumeName === undefined ? [] : [`volume: ${spec.volumeName}`]),
    ...(await userLines(claim, look)),
  ];
});

/** A ConfigMap or Secret: the names of its keys, never what is in them, and the pods that use it. */
export const settingsDescriber = defineDescriber(['ConfigMap', 'Secret'], async (settings, { look }) => {
  const keys = Object.keys({
    ...settings.data,
    ...(isKind(settings, 'ConfigMap') ? settings.binaryData : {}),
  });
  const more = keys.length > keysNamed ? `, and ${keys.length - keysNamed} more` : '';
  const type = isKind(settings, 'Secret') && settings.type !== undefined ? [`type: ${settings.type}`] : [];
  return [
    ...type,
    `keys: ${keys.length === 0 ? 'none' : keys.slice(0, keysNamed).join(', ')}${more}`,
    ...(await userLines(settings, look)),
  ];
});

async function userLines(object: KubeObject, look: Look): Promise<string[]> {
  const pods = await look.list('Pod', inNamespaceOf(object));
  if (pods === undefined) return [];
  const users = pods
    .filter(({ spec }) =>
      podReferences(spec).some(({ kind, name }) => kind === object.kind && name === object.metadata.name),
    )
    .map(pod => `Pod/${pod.metadata.name}`);
  const more = users.length > usersNamed ? `, and ${users.length - usersNamed} more` : '';
  return [
    users.length === 0 ? 'used by: no pod' : `used by: ${users.slice(0, usersNamed).join(', ')}${more}`,
  ];
}
