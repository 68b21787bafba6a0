import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeReader } from '../../clients/kube/reader.ts';
import type { Change, K8sApply } from '../../core/change.ts';
import { VigieError } from '../../core/errors.ts';
import { canonicalJson, isObject, type Json, type JsonObject, plainText } from '../../core/json.ts';
import { differences } from '../../core/json-diff.ts';
import { describeRef } from '../../core/ref.ts';
import { mergePatch } from '../../kubernetes/merge-patch.ts';
import { type KubeObject, refOf } from '../../kubernetes/object.ts';
import { readQuantity } from '../../kubernetes/quantities.ts';
import { comparable, volatilePaths } from './comparable.ts';
import type { Applied, ChangeKind, Prospect } from './kind.ts';
import { takenBackBy } from './takes-back.ts';
import { waitHealthy } from './wait-healthy.ts';
import { invertUpdate } from './way-back-patch.ts';

// A definition is served within a second or two; together these wait ten.
const servedTries = 50;
const servedPauseMs = 200;

/** Server-side apply of one object under the manager `vigie`. */
export const k8sApply: ChangeKind<K8sApply> = {
  name: 'k8s-apply',
  idempotent: true,

  async preview(change, { reader, previewer, secretAliases }): Promise<Prospect> {
    refuseUnknownAliases(change, secretAliases);
    const live = await reader.find(change.target);
    if (live !== undefined && change.mustCreate === true)
      throw new VigieError(
        'ALREADY_EXISTS',
        `${describeRef(change.target)} exists again: it was created by somebody else meanwhile.`,
        {
          hint: 'Look at it with k8s_get before you restore the old one.',
        },
      );
    // The value behind an alias is read when it is written; what is tried stands for it.
    const manifest = await filled(change, async alias => `value of ${alias}`);
    const [first, second] = await Promise.all([
      previewer.apply({ manifest, force: change.force }),
      previewer.apply({ manifest, force: change.force }),
    ]);
    const before = live === undefined ? undefined : comparable(live);
    const after =
      first.object === undefined ? mergedLocally(before, change.manifest) : comparable(first.object);
    const other = second.object === undefined ? after : comparable(second.object);
    const same = before !== undefined && canonicalJson(before) === canonicalJson(after);
    return {
      change,
      operation: live === undefined ? 'create' : same && change.secretData === undefined ? 'none' : 'update',
      target: { ...change.target, ...(first.object === undefined ? {} : refOf(first.object)) },
      ...(live?.metadata.uid === undefined ? {} : { uid: live.metadata.uid }),
      ...(live?.metadata.resourceVersion === undefined
        ? {}
        : { resourceVersion: live.metadata.resourceVersion }),
      ...(before === undefined ? {} : { before }),
      after,
      volatile: [
        ...volatilePaths(after, other),
        ...Object.keys(change.secretData ?? {}).map(key => `/data/${key}`),
      ],
      warnings: live === undefined || same ? [] : await takenBackBy(live, { before, after, reader }),
      alongside: [],
      undo: undoOf({ kind: change.target.kind, before, after }),
      serverChecked: first.checked,
    };
  },

  async apply(change, { reader, writer, ...reach }, preview): Promise<Applied> {
    // What could not be tried may be of a kind that the same plan has just defined.
    if (preview.serverChecked !== true) await untilServed(change, reader);
    const written = await writer.apply({
      manifest: await filled(change, alias => reach.secret(alias)),
      force: change.force,
      ...(preview.uid === undefined ? {} : { uid: preview.uid }),
      ...(preview.resourceVersion === undefined ? {} : { resourceVersion: preview.resourceVersion }),
      ...(preview.operation === 'create' ? { mustCreate: true } : {}),
    });
    return appliedOf(written);
  },

  async observe(change, reader) {
    const live = await reader.find(change.target);
    return live !== undefined && holds(comparable(live), change.manifest);
  },

  verify: (change, reader, waiting) =>
    waitHealthy(change.target, reader, { ...waiting, startsPods: 'spec' in change.manifest }),

  invert(_change, preview, applied): Change[] | { irreversible: string } {
    if (preview.operation === 'none') return [];
    if (preview.operation === 'create') {
      return [
        { kind: 'k8s-delete', target: preview.target, uid: applied?.uid ?? '', propagation: 'Background' },
      ];
    }
    return invertUpdate({
      target: preview.target,
      uid: preview.uid ?? '',
      before: preview.before,
      after: applied?.after ?? preview.after,
    });
  },
};

/** Waits for a kind that was defined a moment ago: the server accepts a definition before it serves it. */
async function untilServed({ target }: K8sApply, reader: KubeReader): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await reader.resolve(target.kind, target.apiVersion);
      return;
    } catch (error) {
      const unknown = error instanceof VigieError && error.code === 'UNKNOWN_KIND';
      if (!unknown || tries >= servedTries) throw error;
      await sleep(servedPauseMs);
    }
  }
}

/** The manifest with the data of its aliases filled in; encoded as the API wants it. */
async function filled(change: K8sApply, valueOf: (alias: string) => Promise<string>): Promise<KubeObject> {
  const manifest = change.manifest as KubeObject;
  if (change.secretData === undefined) return manifest;
  const values = await Promise.all(
    Object.entries(change.secretData).map(
      async ([key, alias]) => [key, Buffer.from(await valueOf(alias)).toString('base64')] as const,
    ),
  );
  const data = isObject(change.manifest['data']) ? change.manifest['data'] : {};
  return { ...manifest, data: { ...data, ...Object.fromEntries(values) } };
}

function refuseUnknownAliases(change: K8sApply, known: readonly string[]): void {
  for (const alias of Object.values(change.secretData ?? {})) {
    if (known.includes(alias)) continue;
    throw new VigieError(
      'SECRET',
      `There is no secret alias ${JSON.stringify(alias.slice(0, 64))} in this environment.`,
      {
        hint:
          known.length === 0
            ? 'Whoever owns vigie.yaml declares aliases under secrets.'
            : `There are ${known.join(', ')}.`,
        details: { aliases: [...known] },
      },
    );
  }
}

/** Whether an object has every value that a manifest sets; what the server and others have added to it does not matter. */
function holds(object: JsonObject, manifest: JsonObject): boolean {
  return differences(object, withData(manifest)).every(
    ({ before, after }) => after === undefined || after === null || sameQuantity(before, after),
  );
}

/** The server keeps stringData as data. */
function withData(manifest: JsonObject): JsonObject {
  const { stringData, ...rest } = manifest;
  if (manifest['kind'] !== 'Secret' || !isObject(stringData)) return manifest;
  const encoded = Object.entries(stringData).map(([key, value]) => [
    key,
    Buffer.from(plainText(value)).toString('base64'),
  ]);
  const data = isObject(rest['data']) ? rest['data'] : {};
  return { ...rest, data: { ...data, ...Object.fromEntries(encoded) } };
}

/** The server writes 0.5 as 500m. */
function sameQuantity(left: Json | undefined, right: Json): boolean {
  const [one, other] = [left, right].map(value =>
    typeof value === 'string' || typeof value === 'number' ? readQuantity(value) : undefined,
  );
  return one !== undefined && one === other;
}

/** What the server answered to a write, ready to be compared with the preview. */
export function appliedOf(written: KubeObject): Applied {
  const { uid, resourceVersion } = written.metadata;
  return {
    after: comparable(written),
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
}

function mergedLocally(before: JsonObject | undefined, manifest: JsonObject): JsonObject {
  const merged = mergePatch(before ?? {}, manifest);
  return comparable(merged as KubeObject);
}

function undoOf(effect: {
  kind: string;
  before: JsonObject | undefined;
  after: JsonObject;
}): Prospect['undo'] {
  if (effect.before === undefined) return { possible: true };
  const back = invertUpdate({
    target: { kind: effect.kind, name: '' },
    uid: '',
    before: effect.before,
    after: effect.after,
  });
  return Array.isArray(back) ? { possible: true } : { possible: false, why: back.irreversible };
}
