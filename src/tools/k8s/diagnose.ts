import * as z from 'zod';
import { describeRef } from '../../core/ref.ts';
import { collect } from '../../diagnosis/collect/collect.ts';
import { diagnose } from '../../diagnosis/diagnose.ts';
import { refOf } from '../../kubernetes/object.ts';
import { defineReadTool } from '../../toolkit/tool.ts';
import { shownFinding } from './diagnose/answer.ts';
import { answerOf } from './diagnose/page.ts';
import { renderDiagnosis } from './diagnose/render.ts';
import { tryFixes } from './diagnose/try-fixes.ts';
import { maskKeyLines } from './log-keys.ts';
import { searchedPlace } from './named-place.ts';
import { namespaceField, refField, toRef } from './schemas.ts';

const diagnoseInput = z.strictObject({
  target: refField.optional().describe('One object.'),
  namespace: namespaceField.describe('Default: all.'),
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

  async read({ target, namespace: named, skip, format }, context) {
    const { kube, environment } = context;
    const about = target === undefined ? undefined : refOf(await kube.get(toRef(target)));
    const namespace = about === undefined ? named : about.namespace;
    context.progress('looking at the cluster');
    const snapshot = await collect({
      kube,
      ...(namespace === undefined ? {} : { namespace }),
      namespaces: environment.namespaces,
      clusterTime: context.clusterTime,
      masking: () => maskKeyLines(text => context.mask(text)),
      unread: [],
    });
    const diagnosis = diagnose(snapshot, about === undefined ? {} : { about });
    const found = diagnosis.findings.length + snapshot.rows.length > 0;
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
