import * as z from 'zod';
import type { K8sPatch } from '../../core/change.ts';
import { VigieError } from '../../core/errors.ts';
import { type JsonObject, plainText } from '../../core/json.ts';
import { describeRef } from '../../core/ref.ts';
import { isKnownKind } from '../../kubernetes/kinds.ts';
import { type KubeObject, refOf } from '../../kubernetes/object.ts';
import { defineChangeTool } from '../../toolkit/tool.ts';
import { type Assigned, readAssigned, refuseWord } from './assigned.ts';
import { type ContainersOf, containersOf } from './containers.ts';
import { variablesFor } from './env-changes.ts';
import { patchOf } from './planned-change.ts';
import { refField, toRef } from './schemas.ts';

// More belongs into a manifest.
const mostWords = 50;
const wordChars = 32 * 1024;
// A pod of more is not read at a glance.
const containersNamed = 10;

const wordsField = z.array(z.string().min(1).max(wordChars)).max(mostWords).optional();

/** Sets what people change most on a workload, and labels and annotations of any object. */
export const k8sSet = defineChangeTool({
  name: 'k8s_set',
  title: 'Set fields',
  description: 'Set images, env and resources of a workload, or labels and annotations. KEY- removes.',
  input: z.strictObject({
    target: refField.describe('Object.'),
    image: wordsField.describe('container=image; * for all.'),
    env: wordsField.describe('KEY=value, KEY@secret/NAME/KEY or @configmap.'),
    resources: wordsField.describe('limits.memory=1Gi.'),
    container: z.string().max(253).optional().describe('Only this one.'),
    labels: wordsField.describe('KEY=value.'),
    annotations: wordsField.describe('KEY=value.'),
  }),
  idempotent: true,

  async plan({ target, image, env, resources, container, labels, annotations }, { kube }) {
    const asked = [image, env, resources, labels, annotations];
    if (asked.every(words => words === undefined || words.length === 0))
      throw new VigieError('INVALID_INPUT', 'k8s_set needs something to set', {
        hint: 'Give at least one of image, env, resources, labels, annotations.',
        details: { issues: [{ field: 'image', message: 'needs something to set' }] },
      });
    const current = await kube.get(toRef(target));
    const metadata = {
      ...valuesField('labels', labels),
      ...valuesField('annotations', annotations),
    };
    const patch: JsonObject = Object.keys(metadata).length === 0 ? {} : { metadata };
    if (image === undefined && env === undefined && resources === undefined)
      return [patchOf(current, { patch, said: [''] })];
    const template = containersOf(current);
    if (template === undefined) throw noContainers(current);
    const chosen = chosenIn(template, container);
    const changes = [
      ...imagesFor(template, image ?? []),
      ...(await variablesFor(chosen, { words: env ?? [], kube, namespace: current.metadata.namespace })),
      ...resourcesFor(chosen, resources ?? []),
    ];
    for (const change of changes) template.set(patch, change);
    return [strategic(current, patch)];
  },
});

function strategic(current: KubeObject, patch: JsonObject): K8sPatch {
  return patchOf(current, { patch, type: 'strategic', said: [''] });
}

function valuesField(field: 'labels' | 'annotations', words: readonly string[] | undefined): JsonObject {
  if (words === undefined || words.length === 0) return {};
  return {
    [field]: Object.fromEntries(
      words.map(word => {
        const { name, value } = readAssigned(word, field);
        return [name, value];
      }),
    ),
  };
}

/** The containers that env and resources mean: the one that is named, or all but those that run first and end. */
function chosenIn(template: ContainersOf, named: string | undefined): readonly JsonObject[] {
  if (named !== undefined) return [template.named(named, 'container')];
  return template.main;
}

function imagesFor(template: ContainersOf, words: readonly string[]): JsonObject[] {
  return words.flatMap(word => {
    if (!word.includes('=') && !word.endsWith('-')) {
      const names = template.main.map(({ name }) => plainText(name)).slice(0, containersNamed);
      throw refuseWord('image', word, `names no container; there are: ${names.join(', ')}`);
    }
    const { name, value } = readAssigned(word, 'image');
    if (value === null || value === '') throw refuseWord('image', word, 'needs container=image');
    const containers = name === '*' ? template.main : [template.named(name, 'image')];
    return containers.map(container => ({ name: container['name'], image: value }));
  });
}

function resourcesFor(containers: readonly JsonObject[], words: readonly string[]): JsonObject[] {
  const parts = words.map(word => ({ word, ...readAssigned(word, 'resources') }));
  return containers.flatMap(({ name }) => parts.map(part => ({ name, resources: resourceOf(part) })));
}

function resourceOf({ word, name, value }: Assigned & { word: string }): JsonObject {
  const [section, resource] = [name.split('.', 1)[0] ?? '', name.slice(name.indexOf('.') + 1)];
  if ((section !== 'limits' && section !== 'requests') || resource === section || resource === '')
    throw refuseWord('resources', word, 'is no limits.NAME=amount or requests.NAME=amount');
  return { [section]: { [resource]: value } };
}

function noContainers(object: KubeObject): VigieError {
  const what = describeRef(refOf(object));
  const why = isKnownKind(object.kind) ? 'has no containers' : 'is of a kind whose containers are not known';
  return new VigieError('INVALID_INPUT', `target: ${what} ${why}`, {
    hint: 'Of such an object labels and annotations can be set; for other fields use k8s_patch.',
    details: { issues: [{ field: 'target.kind', message: why }] },
  });
}
