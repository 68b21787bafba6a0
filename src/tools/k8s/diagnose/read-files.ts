import { basename } from 'node:path';
import { VigieError } from '../../../core/errors.ts';
import { KnownSecrets } from '../../../core/known-secrets.ts';
import { nearestNames } from '../../../core/nearest.ts';
import { Redactor } from '../../../core/redaction.ts';
import { describeRef, type Ref } from '../../../core/ref.ts';
import { cleanLine } from '../../../core/text.ts';
import { type Trusted, trusted } from '../../../core/trusted-text.ts';
import { diagnose } from '../../../diagnosis/diagnose.ts';
import { dumpLimits } from '../../../diagnosis/dump/files.ts';
import { readDump } from '../../../diagnosis/dump/read-dump.ts';
import type { Snapshot } from '../../../diagnosis/snapshot.ts';
import { refOf } from '../../../kubernetes/object.ts';
import type { ToolContext } from '../../../toolkit/tool.ts';
import { maskKeyLines } from '../log-keys.ts';
import { diagnosisAnswer } from './answer.ts';
import type { DiagnoseFilesInput } from './input.ts';
import { answerOf } from './page.ts';

/** What k8s_diagnose_files does. */
export async function read(
  { from, target, namespace: named, skip, notes }: DiagnoseFilesInput,
  { local, now, budgetBytes }: ToolContext,
) {
  if (local === undefined)
    throw new VigieError('INVALID_INPUT', 'Files of this machine are not at hand here.');
  const place = local.absolute(from);
  const known = new KnownSecrets();
  const redactor = new Redactor(known);
  const namespace = target?.namespace ?? named;
  const passedOver: string[] = [];
  const found = await local.read(place, { ...dumpLimits, passedOver: path => passedOver.push(path) });
  // A file that is named itself has no path below that.
  const files = found.map(({ path, bytes }) => ({ path: path === '' ? basename(place) : path, bytes }));
  const { snapshot, faults } = await readDump(files, {
    now,
    ...(namespace === undefined ? {} : { namespace }),
    learn: object => known.learnObject(object),
    masking: () => maskKeyLines(text => redactor.text(text)),
  });
  const unread = [
    ...faults.map(({ file, why }) => `${file}: ${why}`),
    ...(passedOver.length === 0 ? [] : [lineOfLinks(passedOver)]),
  ];
  if (isEmpty(snapshot, namespace)) throw nothingRead({ place, namespace, unread });
  const about = target === undefined ? undefined : objectNamed(snapshot, target);
  const diagnosis = diagnose(snapshot, about === undefined ? {} : { about });
  const answer = await answerOf(
    {
      ...diagnosis,
      notChecked: [...unread, ...diagnosis.notChecked],
    },
    {
      place: about === undefined ? (namespace ?? basename(place)) : describeRef(about),
      skip,
      namespace,
      budgetBytes,
      notes,
      of: 'files',
      tried: async findings =>
        findings.map(finding => ({
          ...finding,
          fixes: finding.fixes.map(fix => ({ ...fix, notPreviewed: 'no cluster was asked' })),
        })),
    },
  );
  return { data: diagnosisAnswer.parse(redactor.json(answer)), text: '' };
}

/** Whether it holds nothing of what was asked for: then nothing is wrong with nothing. */
function isEmpty(snapshot: Snapshot, namespace: string | undefined): boolean {
  const found = snapshot.kinds.flatMap(kind => snapshot.list(kind));
  if (namespace === undefined) return found.length === 0 && snapshot.events.length === 0;
  return !found.some(
    ({ kind, metadata }) =>
      metadata.namespace === namespace || (kind === 'Namespace' && metadata.name === namespace),
  );
}

function nothingRead({
  place,
  namespace,
  unread,
}: {
  place: string;
  namespace: string | undefined;
  unread: readonly string[];
}): VigieError {
  const [first] = unread;
  const where = namespace === undefined ? 'a cluster' : `namespace ${cleanLine(namespace, nameChars)}`;
  const why = first === undefined ? '' : `: ${first}`;
  return new VigieError('NOT_FOUND', `${place} holds no object of ${where} that can be read${why}`, {
    hint: 'Name a folder or a file .json, .yaml or .yml of objects: kubectl get all,secrets,configmaps -A -o json > DIR/all.json',
  });
}

// Of a mounted volume every file is a link.
const mostLinks = 3;

function lineOfLinks(links: readonly string[]): string {
  const named = links.slice(0, mostLinks).map(link => cleanLine(link, nameChars));
  const more = links.length - named.length;
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}: links are not followed`;
}

const nameChars = 120;

/** By the kind's own name or a beginning of it; without a namespace, the only one of that name. */
function objectNamed(
  snapshot: Snapshot,
  { kind, name, namespace }: NonNullable<DiagnoseFilesInput['target']>,
): Ref {
  const kinds = snapshot.kinds.filter(each => isSame(each, kind));
  const fits = kinds
    .flatMap(each => snapshot.list(each, namespace))
    .filter(({ metadata }) => metadata.name === name);
  const [only, ...others] = fits;
  if (only !== undefined && others.length === 0) return refOf(only);
  if (only !== undefined)
    throw new VigieError('INVALID_INPUT', `${describeRef({ kind, name })} is in several namespaces`, {
      hint: 'Name one with -n.',
    });
  throw new VigieError('NOT_FOUND', `The files hold no ${describeRef({ kind, name })}`, {
    hint: hintOf(snapshot, { kinds, kind, name, ...(namespace === undefined ? {} : { namespace }) }),
  });
}

/** Of a kind that is there the names that are near, else the kinds that are. */
function hintOf(
  snapshot: Snapshot,
  { kinds, kind, name, namespace }: Ref & { kinds: readonly string[] },
): Trusted {
  if (kinds.length > 0) {
    const near = nearestNames(
      name,
      kinds.flatMap(each => snapshot.list(each, namespace)).map(({ metadata }) => metadata.name),
    );
    return near.length === 0
      ? trusted`Without a name, all that is in them is diagnosed.`
      : trusted`Names in them that are near: ${near}.`;
  }
  const near = nearestNames(kind, snapshot.kinds);
  return near.length === 0
    ? trusted`Kinds in them: ${snapshot.kinds.toSorted().slice(0, mostKinds)}.`
    : trusted`Kinds in them that sound so: ${near}.`;
}

// A line of them.
const mostKinds = 12;

const shortNames: Readonly<Record<string, string>> = {
  po: 'pod',
  deploy: 'deployment',
  sts: 'statefulset',
  ds: 'daemonset',
  rs: 'replicaset',
  svc: 'service',
  ing: 'ingress',
  cm: 'configmap',
  pvc: 'persistentvolumeclaim',
  pv: 'persistentvolume',
  hpa: 'horizontalpodautoscaler',
  pdb: 'poddisruptionbudget',
  no: 'node',
  ns: 'namespace',
  sa: 'serviceaccount',
};

function isSame(kind: string, typed: string): boolean {
  const wanted = typed.toLowerCase();
  const long = Object.hasOwn(shortNames, wanted) ? shortNames[wanted] : wanted;
  const plain = kind.toLowerCase();
  return plain === long || `${plain}s` === long || `${plain}es` === long;
}
