import { basename } from 'node:path';
import { VigieError } from '../../../core/errors.ts';
import { KnownSecrets } from '../../../core/known-secrets.ts';
import { nearestNames } from '../../../core/nearest.ts';
import { Redactor } from '../../../core/redaction.ts';
import { describeRef, type Ref } from '../../../core/ref.ts';
import { trusted } from '../../../core/trusted-text.ts';
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
  { from, target, namespace: named, skip }: DiagnoseFilesInput,
  { local, now, budgetBytes }: ToolContext,
) {
  if (local === undefined)
    throw new VigieError('INVALID_INPUT', 'Files of this machine are not at hand here.');
  const place = local.absolute(from);
  const known = new KnownSecrets();
  const redactor = new Redactor(known);
  const namespace = target?.namespace ?? named;
  const { snapshot, faults } = await readDump(await local.read(place, dumpLimits), {
    now,
    ...(namespace === undefined ? {} : { namespace }),
    learn: object => known.learnObject(object),
    masking: () => maskKeyLines(text => redactor.text(text)),
  });
  const about = target === undefined ? undefined : objectNamed(snapshot, target);
  const diagnosis = diagnose(snapshot, about === undefined ? {} : { about });
  const answer = await answerOf(
    {
      ...diagnosis,
      notChecked: [...faults.map(({ file, why }) => `${file}: ${why}`), ...diagnosis.notChecked],
    },
    {
      place: about === undefined ? (namespace ?? basename(place)) : describeRef(about),
      skip,
      namespace,
      budgetBytes,
      tried: async findings =>
        findings.map(finding => ({
          ...finding,
          fixes: finding.fixes.map(fix => ({ ...fix, notPreviewed: 'no cluster was asked' })),
        })),
    },
  );
  return { data: diagnosisAnswer.parse(redactor.json(answer)), text: '' };
}

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
    hint: trusted`Kinds in them that sound so: ${nearestNames(kind, snapshot.kinds)}.`,
  });
}

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
