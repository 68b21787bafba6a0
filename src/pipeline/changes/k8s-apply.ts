import { setTimeout as sleep } from 'node:timers/promises';
import { fieldManager } from '../../clients/kube/changes.ts';
import type { DryRun, KubePreviewer } from '../../clients/kube/previewer.ts';
import type { KubeReader } from '../../clients/kube/reader.ts';
import type { KubeWriter } from '../../clients/kube/writer.ts';
import type { Change, K8sApply } from '../../core/change.ts';
import { VigieError } from '../../core/errors.ts';
import { canonicalJson, isObject, type JsonObject } from '../../core/json.ts';
import { differences } from '../../core/json-diff.ts';
import { describeRef } from '../../core/ref.ts';
import { type Trusted, trusted } from '../../core/trusted-text.ts';
import { mergePatch, mergePatchBetween } from '../../kubernetes/merge-patch.ts';
import { type KubeObject, refOf } from '../../kubernetes/object.ts';
import { withOtherSecrets } from '../../kubernetes/other-secrets.ts';
import { appliedTo, claimFields, owesRemoval } from '../../kubernetes/own-fields.ts';
import { encodeStringData } from '../../kubernetes/string-data.ts';
import { isAboutForm } from './about-form.ts';
import { comparable, volatilePaths } from './comparable.ts';
import type { Applied, ChangeKind, Prospect, Writing } from './kind.ts';
import { sameQuantity } from './same-quantity.ts';
import { takenBackBy } from './takes-back.ts';
import { isUnclear } from './unclear.ts';
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
    const trial = { manifest, force: change.force, live };
    const told = await triedWithOthers(previewer, trial);
    const [first, second] = await Promise.all([tryApply(previewer, trial), tryApply(previewer, trial)]);
    const before = live === undefined ? undefined : comparable(live);
    const after =
      first.object === undefined ? mergedLocally(live, change.manifest) : comparable(first.object);
    const other = second.object === undefined ? after : comparable(second.object);
    const shown = told ?? after;
    const same = before !== undefined && canonicalJson(before) === canonicalJson(shown);
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
      ...(told === undefined ? {} : { told }),
      volatile: [
        ...volatilePaths(after, other),
        ...Object.keys(change.secretData ?? {}).map(key => `/data/${key}`),
      ],
      warnings: live === undefined || same ? [] : await takenBackBy(live, { before, after: shown, reader }),
      alongside: [],
      undo: undoOf({ kind: change.target.kind, before, after: shown }),
      serverChecked: first.checked,
    };
  },

  async apply(change, { reader, writer, ...reach }, writing): Promise<Applied> {
    const { preview } = writing;
    // What could not be tried may be of a kind that the same plan has just defined.
    if (preview.serverChecked !== true) await untilServed(change, reader);
    const manifest = await filled(change, alias => reach.secret(alias));
    const { force } = change;
    if (preview.operation === 'create') {
      await writing.beforeWrite();
      return appliedOf(await writer.apply({ manifest, force, mustCreate: true }));
    }
    const { uid = '' } = preview;
    const resourceVersion = await claimed({ reader, writer }, { manifest, writing });
    await writing.beforeWrite();
    return appliedOf(await writer.apply({ manifest, force, uid, resourceVersion }));
  },

  async observe(change, looking) {
    const live = await looking.reader.find(change.target);
    // The manifest alone says nothing about the keys that aliases fill: any Secret of that name would hold it.
    if (live === undefined || (change.secretData !== undefined && looking.secret === undefined)) return false;
    const manifest = await filled(change, async alias => (await looking.secret?.(alias)) ?? '');
    if (!holds(comparable(live), { ...change.manifest, ...dataOf(manifest) })) return false;
    return !owesRemoval(live, { manifest, manager: fieldManager });
  },

  verify: (change, { reader }, waiting) => waitHealthy(change.target, reader, waiting),

  invert(_change, preview, applied): Change[] | { irreversible: Trusted } {
    if (preview.operation === 'none') return [];
    if (!preview.undo.possible) return { irreversible: preview.undo.why };
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

/** What an apply would leave: the server's answer, or where fields of ours come first, its answer to what then remains. */
async function tryApply(
  previewer: KubePreviewer,
  { manifest, force, live }: { manifest: KubeObject; force: boolean; live: KubeObject | undefined },
): Promise<DryRun> {
  const tried = await previewer.apply({
    manifest,
    force,
    ...(live === undefined ? { mustCreate: true } : {}),
  });
  const left = live === undefined ? undefined : claimFields(live, { manifest, manager: fieldManager })?.left;
  if (live === undefined || left === undefined || tried.checked !== true) return tried;
  return previewer.patch({
    target: refOf(live),
    patch: mergePatchBetween(comparable(live), comparable(left)),
  });
}

/**
 * What an apply with other values in the places of secrets would leave of an object that is there; undefined where it
 * sets none. Asked first: a conflict or an immutable field is found whether or not the value that was sent is the right one.
 */
async function triedWithOthers(
  previewer: KubePreviewer,
  trial: { manifest: KubeObject; force: boolean; live: KubeObject | undefined },
): Promise<JsonObject | undefined> {
  const manifest = trial.live === undefined ? undefined : withOtherSecrets(trial.manifest);
  if (manifest === undefined) return undefined;
  // An object of a kind is JSON whatever its type says.
  const merged = () => mergedLocally(trial.live, manifest as JsonObject);
  try {
    const { object } = await tryApply(previewer, { ...trial, manifest });
    return object === undefined ? merged() : comparable(object);
  } catch (error) {
    const telling = error instanceof VigieError && ['CONFLICT', 'REJECTED_BY_SERVER'].includes(error.code);
    if (telling && !isAboutForm(error)) throw error;
    // A webhook or a schema that looks into values says more of those that were sent.
    return merged();
  }
}

/** Makes the coming apply the owner of what is ours already; the version that it then finds. Changes no content. */
async function claimed(
  { reader, writer }: { reader: KubeReader; writer: KubeWriter },
  { manifest, writing }: { manifest: KubeObject; writing: Writing },
): Promise<string> {
  const { target, uid = '', resourceVersion = '' } = writing.preview;
  const live = await reader.get(target);
  const claim = claimFields(live, { manifest, manager: fieldManager });
  if (claim === undefined) return resourceVersion;
  const patch = { metadata: { managedFields: claim.managedFields } };
  await writing.beforeWrite();
  const written = await writer.patch({ target, patch, uid, resourceVersion }).catch((error: unknown) => {
    if (isUnclear(error))
      writing.noted(`Ownership of fields may have been moved to ${fieldManager}, no content.`);
    throw error;
  });
  writing.noted(`Ownership of fields was moved to ${fieldManager}, no content.`);
  return written.metadata.resourceVersion ?? '';
}

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

function dataOf({ data }: KubeObject): JsonObject {
  return isObject(data) ? { data } : {};
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
            : trusted`There are ${known}.`,
        details: { aliases: [...known] },
      },
    );
  }
}

/** Whether an object has every value that a manifest sets; what the server and others have added to it does not matter. */
function holds(object: JsonObject, manifest: JsonObject): boolean {
  // An object of a kind is JSON whatever its type says.
  return differences(object, encodeStringData(manifest as KubeObject) as JsonObject).every(
    ({ before, after }) => after === undefined || after === null || sameQuantity(before, after),
  );
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

function mergedLocally(live: KubeObject | undefined, manifest: JsonObject): JsonObject {
  // A manifest has been read as an object of its kind when the change was made.
  const wanted = manifest as KubeObject;
  if (live === undefined) return comparable(wanted);
  const coming = { manifest: wanted, manager: fieldManager };
  const left = claimFields(live, coming)?.left ?? appliedTo(live, coming);
  return comparable(left ?? (mergePatch(comparable(live), manifest) as KubeObject));
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
