import { describeRef, type Ref } from '../../../core/ref.ts';
import { collect } from '../../../diagnosis/collect/collect.ts';
import type { Look } from '../../../diagnosis/collect/look.ts';
import { type Diagnosis, diagnose } from '../../../diagnosis/diagnose.ts';
import { refOf } from '../../../kubernetes/object.ts';
import type { ToolContext } from '../../../toolkit/tool.ts';
import { maskKeyLines } from '../log-keys.ts';
import { namedPlace, refuseMissing } from '../named-place.ts';
import { toRef } from '../schemas.ts';
import type { ShownFinding } from './answer.ts';
import type { DiagnoseInput } from './input.ts';
import { answerOf } from './page.ts';
import { recordedChanges } from './recorded-changes.ts';
import { renderDiagnosis } from './render.ts';
import { tryFixes } from './try-fixes.ts';
import { watchAndSay } from './watch.ts';

/** What k8s_diagnose does. */
export async function read(
  { target, namespace: named, skip, watch, notes, format }: DiagnoseInput,
  context: ToolContext,
) {
  const { kube, environment } = context;
  const about = target === undefined ? undefined : refOf(await kube.get(toRef(target)));
  const namespace = about === undefined ? named : about.namespace;
  const look: Look = {
    kube,
    ...(namespace === undefined ? {} : { namespace }),
    namespaces: environment.namespaces,
    clusterTime: context.clusterTime,
    masking: () => maskKeyLines(text => context.mask(text)),
    unread: [],
  };
  const at = { skip, namespace, budgetBytes: context.budgetBytes, notes, of: 'cluster' as const };
  if (watch) {
    if (namespace !== undefined) await refuseMissing(kube, namespace);
    const last = await watchAndSay(look, { about, context });
    const stood = await answerOf(last, { ...at, place: 'when the watch ended', tried: untried });
    const { next: _ended, ...answer } = stood;
    return { data: answer, text: answer.summary };
  }
  const diagnosis = await lookOnce(look, { about, context });
  const found = diagnosis.findings.length > 0;
  if (namespace !== undefined && !found) await refuseMissing(kube, namespace);
  const place =
    about !== undefined
      ? describeRef(about)
      : namespace === undefined
        ? environment.name
        : namedPlace(namespace, { environment, found });
  const answer = await answerOf(diagnosis, {
    ...at,
    place,
    tried: findings => tryFixes(findings, context),
  });
  if (format === 'json') return { data: answer, text: '' };
  const { findings: _shown, ...facts } = answer;
  return { data: facts, text: renderDiagnosis(answer, { call: callText, notes: 'notes: true' }) };
}

/** Whoever ends a watch waits for nothing more: fixes were tried when their findings appeared. */
async function untried(findings: readonly ShownFinding[]): Promise<ShownFinding[]> {
  const notPreviewed = 'the watch had ended';
  return findings.map(finding => ({
    ...finding,
    fixes: finding.fixes.map(fix => ({ ...fix, notPreviewed })),
  }));
}

/** The tool call as a model makes it. */
function callText({ tool, arguments: input }: { tool: string; arguments: unknown }): string {
  return `${tool} ${JSON.stringify(input)}`;
}

async function lookOnce(
  look: Look,
  { about, context }: { about: Ref | undefined; context: ToolContext },
): Promise<Diagnosis> {
  context.progress('looking at the cluster');
  const snapshot = await collect(look, { changes: await recordedChanges(context) });
  return diagnose(snapshot, about === undefined ? {} : { about });
}
