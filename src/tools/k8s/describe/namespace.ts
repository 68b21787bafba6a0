import { plainText } from '../../../core/json.ts';
import { defineDescriber } from './describer.ts';
import { podLines } from './pods.ts';

const counted = [
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'Service',
  'PersistentVolumeClaim',
] as const;

/** A namespace: its quota, and what is in it. */
export const namespaceDescriber = defineDescriber(['Namespace'], async ({ metadata }, { look }) => {
  const namespace = metadata.name;
  const quotas = await look.list('ResourceQuota', { namespace });
  const pods = await look.list('Pod', { namespace });
  const counts: string[] = [];
  for (const kind of counted) {
    const objects = await look.list(kind, { namespace, metadataOnly: true });
    if (objects !== undefined && objects.length > 0) counts.push(`${objects.length} ${kind}`);
  }
  return [
    ...(quotas ?? []).flatMap(({ metadata: { name }, status }) =>
      Object.entries(status?.hard ?? {}).map(
        ([resource, hard]) =>
          `ResourceQuota/${name} ${resource}: ${plainText(status?.used?.[resource]) || '0'} of ${plainText(hard)}`,
      ),
    ),
    ...(pods === undefined ? [] : podLines(pods, look)),
    ...(counts.length === 0 ? [] : [`holds: ${counts.join(', ')}`]),
  ];
});
