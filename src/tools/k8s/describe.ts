import * as z from 'zod';
import { describeRef } from '../../core/ref.ts';
import { cleanLine } from '../../core/text.ts';
import { ageOf } from '../../kubernetes/duration.ts';
import { healthOf } from '../../kubernetes/health.ts';
import { isKind } from '../../kubernetes/kinds.ts';
import { type KubeObject, refOf } from '../../kubernetes/object.ts';
import { podTrouble } from '../../kubernetes/pod-trouble.ts';
import { defineReadTool } from '../../toolkit/tool.ts';
import { fittingRows } from '../text-table.ts';
import { tellEvents } from './describe/events.ts';
import { describers } from './describe/index.ts';
import { Look } from './describe/look.ts';
import { describeOther } from './describe/other.ts';
import { ownerLines } from './describe/owners.ts';
import { refField, toRef } from './schemas.ts';

// What an answer holds beside its lines: the verdict, what was not checked, JSON punctuation.
const overheadBytes = 4_000;
const labelsNamed = 12;

/** Describes one object with what is around it, its verdict first. */
export const k8sDescribe = defineReadTool({
  name: 'k8s_describe',
  title: 'Describe an object',
  description:
    'Describe one object and what is around it (owners, pods, events, services, missing Secrets …), its health first.',
  input: z.strictObject({ target: refField.describe('Object.') }),
  output: z.object({
    kind: z.string(),
    name: z.string(),
    namespace: z.string().optional(),
    health: z.string(),
    reason: z.string(),
    notChecked: z.array(z.string()).optional(),
    truncated: z.boolean(),
  }),

  async read({ target }, context) {
    const object = await context.kube.get(toRef(target));
    const look = new Look(context);
    const describer = describers.find(({ kinds }) => kinds.some(kind => isKind(object, kind)));
    const around = await look.around(object);
    const { related } = around;
    const lines = await (describer?.describe(object, { look, around }) ?? describeOther(object, look));
    const { state, reason, readBackOnly } = healthOf(object, related);
    const health = readBackOnly === true ? 'unknown' : state;
    const events = await tellEvents(object, { related: related.filter(makesEvents), look });
    const all = [aboutLine(object, look), ...(await ownerLines(object, look)), ...lines, ...events.lines];
    // A line break in a name or an annotation would make a line of its own.
    const shown = fittingRows(
      all.map(line => cleanLine(line)),
      context.budgetBytes - overheadBytes,
    );
    const truncated = shown.length < all.length;
    const { notChecked } = look;
    const { kind, name, namespace } = refOf(object);
    // A status says that something is not ready; why not, often an event alone does.
    const told = state === 'healthy' || [object, ...related].some(saysWhy);
    const because = told || events.warning === undefined ? '' : `; newest warning: ${events.warning}`;
    const verdict = look.say(reason) + because;
    return {
      data: {
        kind,
        name,
        ...(namespace === undefined ? {} : { namespace }),
        health,
        reason: verdict,
        ...(notChecked.length === 0 ? {} : { notChecked: [...notChecked] }),
        truncated,
      },
      text: [
        `${describeRef(refOf(object))}: ${readBackOnly === true ? '' : `${state.toUpperCase()}: `}${verdict}`,
        ...shown,
        ...(truncated ? [`${shown.length} of ${all.length} lines shown`] : []),
        ...notChecked.map(each => `not checked: ${each}`),
      ].join('\n'),
    };
  },
});

/** What a controller makes on the way to pods; EndpointSlices and the like have no events. */
function makesEvents({ kind }: KubeObject): boolean {
  return kind === 'Pod' || kind === 'ReplicaSet';
}

function saysWhy(object: KubeObject): boolean {
  return isKind(object, 'Pod') && podTrouble(object)?.decisive === true;
}

function aboutLine({ metadata }: KubeObject, look: Look): string {
  const labels = Object.entries(metadata.labels ?? {}).map(([key, value]) => `${key}=${value}`);
  const more = labels.length > labelsNamed ? `, and ${labels.length - labelsNamed} more` : '';
  const shown = labels.length === 0 ? '' : `, labels ${labels.slice(0, labelsNamed).join(', ')}${more}`;
  const deleted = metadata.deletionTimestamp;
  const held = metadata.finalizers?.length ? ` (held by ${metadata.finalizers.join(', ')})` : '';
  const leaving = deleted === undefined ? '' : `, being deleted since ${ageOf(deleted, look.nowMs)}${held}`;
  return look.say(`age ${ageOf(metadata.creationTimestamp, look.nowMs)}${shown}${leaving}`);
}
