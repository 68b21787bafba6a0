import { isObject } from '../../core/json.ts';
import { invalid as wrongValue } from '../../kubernetes/validation/problem.ts';
import { fetchObject } from '../cluster.ts';
import { deleteObject } from '../delete-object.ts';
import kinds from '../kinds.json' with { type: 'json' };
import { apiVersionOf, type Resource, storageOf } from '../resource.ts';
import { invalid, success } from '../status.ts';
import { checkFields, readData, readObject } from './body.ts';
import { type Exchange, sendJson, sendText } from './exchange.ts';
import type { ListTarget } from './list.ts';
import { type ObjectTarget, sendObject } from './object-target.ts';
import { type DeleteOptions, deleteOptions, isDryRun, managerOf } from './options.ts';
import { parseSelection } from './select.ts';
import { itemText, listText } from './text.ts';
import { storedForm } from './versions.ts';
import { sendCreated, sendUpdated } from './written.ts';

/** POST of one object. */
export async function answerCreate(exchange: Exchange, { resource, namespace }: ListTarget): Promise<void> {
  const dryRun = isDryRun(exchange);
  const sent = await readObject(exchange, { resource, namespace, name: undefined });
  const object = storedForm(resource, checkFields(exchange, { resource, object: sent }));
  const { managedFields: _fields, ...metadata } = object.metadata;
  const manager = managerOf(exchange);
  await sendCreated(exchange, { resource, object: { ...object, metadata }, dryRun, manager });
}

/** PUT of one object or of its status. */
export async function answerUpdate(
  exchange: Exchange,
  target: ObjectTarget & { subresource: 'status' | undefined },
): Promise<void> {
  const { cluster } = exchange;
  const { resource } = target;
  const dryRun = isDryRun(exchange);
  const sent = await readObject(exchange, target);
  const live = fetchObject(cluster, target);
  if (takesNoBlindUpdate(resource) && !sent.metadata.resourceVersion) throw versionMissing(target);
  const object = storedForm(resource, checkFields(exchange, { resource, object: sent }));
  const manager = managerOf(exchange);
  await sendUpdated(exchange, { resource, live, object, dryRun, manager, subresource: target.subresource });
}

/** Kinds that are mostly written by programs, which must say what they saw. */
const readBeforeWritten = new Set(kinds.readBeforeWritten);

function takesNoBlindUpdate(resource: Resource): boolean {
  const { custom, group } = resource;
  return custom || group === 'admissionregistration.k8s.io' || readBeforeWritten.has(storageOf(resource));
}

function versionMissing({ resource, name }: ObjectTarget): Error {
  // Here the real server names the resource where it names the kind everywhere else.
  return invalid({ apiVersion: apiVersionOf(resource), kind: resource.plural, name }, [
    wrongValue('metadata.resourceVersion', { value: 0, detail: 'must be specified for an update' }),
  ]);
}

/** Kinds whose deletion answers with the object, also when it is gone. */
const shownWhenGone = new Set(kinds.shownWhenGone);

/** Older kinds leave their pods behind unless they are told otherwise. */
function withKindsDefault(
  exchange: Exchange,
  { resource, options }: { resource: Resource; options: DeleteOptions },
): DeleteOptions {
  const isJob = storageOf(resource) === 'batch/jobs';
  if (options.propagation !== undefined || (!isJob && resource.kind !== 'ReplicationController'))
    return options;
  if (isJob) {
    exchange.warnings.push(
      'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning',
    );
  }
  return { ...options, propagation: 'Orphan' };
}

/** DELETE of one object: a Status when it is gone, the object when it still has to go. */
export async function answerDelete(exchange: Exchange, target: ObjectTarget): Promise<void> {
  const { cluster } = exchange;
  const { resource, name } = target;
  const options = withKindsDefault(exchange, {
    resource,
    options: deleteOptions(exchange, await readData(exchange)),
  });
  const live = fetchObject(cluster, target);
  const { object, gone } = deleteObject(cluster, { resource, live, ...options });
  if (!gone || shownWhenGone.has(storageOf(resource))) {
    await sendObject(exchange, { resource, object, status: !gone && options.accepted ? 202 : 200 });
    return;
  }
  const details = {
    name,
    ...(resource.group === '' ? {} : { group: resource.group }),
    kind: resource.plural,
    uid: object.metadata.uid,
  };
  await sendJson(exchange, success({ details }));
}

/** DELETE of all objects of a selection. */
export async function answerDeleteCollection(exchange: Exchange, target: ListTarget): Promise<void> {
  const { cluster, query } = exchange;
  const { resource, namespace } = target;
  const selection = parseSelection(resource, query);
  const options = deleteOptions(exchange, await readData(exchange));
  const prefix = namespace === undefined ? '' : `${namespace}/`;
  const selected = cluster.state
    .list(storageOf(resource), prefix)
    .filter(object => selection.matches(object));
  const objects = selected.map(live => deleteObject(cluster, { resource, live, ...options }).object);
  const as = { kind: `${resource.kind}List`, apiVersion: apiVersionOf(resource) };
  const metadata = {
    resourceVersion: String(cluster.state.revision),
    ...(resource.custom ? { continue: '' } : {}),
  };
  const items = objects.map(object => itemText(resource, object));
  await sendText(exchange, { text: listText(as, { metadata, items }) });
}

/** PUT of namespaces/x/finalize: a namespace without finalizers that is being deleted goes. */
export async function answerFinalize(
  exchange: Exchange,
  target: { resource: Resource; name: string },
): Promise<void> {
  const place = { ...target, namespace: undefined };
  const object = await readObject(exchange, place);
  const live = fetchObject(exchange.cluster, place);
  const finalizers = isObject(object.spec) ? object.spec['finalizers'] : undefined;
  await sendUpdated(exchange, {
    resource: target.resource,
    live,
    object: { ...live, spec: { ...live.spec, ...(finalizers === undefined ? {} : { finalizers }) } },
    dryRun: isDryRun(exchange),
    manager: managerOf(exchange),
  });
}
