import * as z from 'zod';
import { describeRef, type Ref } from '../../core/ref.ts';
import { collect } from '../../diagnosis/collect/collect.ts';
import type { Look } from '../../diagnosis/collect/look.ts';
import { type Diagnosis, diagnose } from '../../diagnosis/diagnose.ts';
import { refOf } from '../../kubernetes/object.ts';
import { defineReadTool, type ToolContext } from '../../toolkit/tool.ts';
import { shownFinding } from './diagnose/answer.ts';
import { answerOf } from './diagnose/page.ts';
import { recordedChanges } from './diagnose/recorded-changes.ts';
import { renderDiagnosis } from './diagnose/render.ts';
import { tryFixes } from './diagnose/try-fixes.ts';
import { watchAndSay } from './diagnose/watch.ts';
import { maskKeyLines } from './log-keys.ts';
import { searchedPlace } from './named-place.ts';
import { namespaceField, refField, toRef } from './schemas.ts';

const diagnoseInput = z.strictObject({
  target: refField.optional().describe('One object.'),
  namespace: namespaceField.describe('Default: all.'),
  watch: z.boolean().default(false).describe('On a terminal only.'),
  skip: z.int().min(0).default(0).describe('Of pages before.'),
  format: z.enum(['text', 'json']).default('text').describe('json: as data.'),
});

/** Says what is wrong, why, and the one call that heals it; by rules, without a model. */
export const k8sDiagnose = defineReadTool({
  name: 'k8s_diagnose',
  title: 'Find what is wrong',
  description: 'Find what is wrong and why, root causes first, with evidence and tried fixes. Start here.',
  input: diagnoseInput,
  output: z.object({
    summary: z.string(),
    findings: z.array(shownFinding).optional(),
    notes: z.array(z.unknown()),
    notChecked: z.array(z.string()),
    truncated: z.boolean(),
    next: z.string().optional(),
  }),
  previews: 'own',

  async read({ target, namespace: named, skip, watch, format }, context) {
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
    if (watch) {
      const { findings, notChecked } = await watchAndSay(look, { about, context });
      const summary = `${findings.length} findings stood when the watch ended`;
      return {
        data: { summary, findings: [], notes: [], notChecked: [...notChecked], truncated: false },
        text: summary,
      };
    }
    const diagnosis = await lookOnce(look, { about, context });
    const found = diagnosis.findings.length > 0;
    const place =
      about !== undefined
        ? describeRef(about)
        : namespace === undefined
          ? environment.name
          : await searchedPlace(kube, { namespace, environment, found });
    const answer = await answerOf(diagnosis, {
      place,
      skip,
      namespace,
      budgetBytes: context.budgetBytes,
      tried: findings => tryFixes(findings, context),
    });
    if (format === 'json') return { data: answer, text: '' };
    const { findings: _shown, ...facts } = answer;
    return { data: facts, text: renderDiagnosis(answer, callText) };
  },
});

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
