import * as z from 'zod';
import { describeRef } from '../../core/ref.ts';
import { trusted } from '../../core/trusted-text.ts';
import { collect } from '../../diagnosis/collect/collect.ts';
import { type Diagnosis, diagnose } from '../../diagnosis/diagnose.ts';
import { refOf } from '../../kubernetes/object.ts';
import { defineReadTool, type ToolContext } from '../../toolkit/tool.ts';
import { fittingRows, sentBytes } from '../text-table.ts';
import { type DiagnosisAnswer, grouped, type ShownFinding, shown, shownFinding } from './diagnose/answer.ts';
import { renderDiagnosis } from './diagnose/render.ts';
import { tryFixes } from './diagnose/try-fixes.ts';
import { maskKeyLines } from './log-keys.ts';
import { searchedPlace } from './named-place.ts';
import { namespaceField, refField, toRef } from './schemas.ts';

// A model reads a broken cluster at the price of a file, and a broken namespace at a third of it; the rest comes in pages.
const pageBytes = { all: 18_500, part: 5_200 };
const mostNotChecked = 12;

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
    const bytes = namespace === undefined ? pageBytes.all : pageBytes.part;
    const page = pageOf(diagnosis, { skip, bytes });
    const found = diagnosis.findings.length + snapshot.rows.length > 0;
    const place =
      about !== undefined
        ? describeRef(about)
        : namespace === undefined
          ? environment.name
          : await searchedPlace(kube, { namespace, environment, found });
    const answer = await answerOf(diagnosis, { page, place, skip, context });
    if (format === 'json') return { data: answer, text: '' };
    const { findings: _shown, ...facts } = answer;
    return { data: facts, text: renderDiagnosis(answer, callText) };
  },
});

/** The tool call as a model makes it. */
function callText({ tool, arguments: input }: { tool: string; arguments: unknown }): string {
  return `${tool} ${JSON.stringify(input)}`;
}

interface Page {
  findings: ShownFinding[];
  more: boolean;
}

/** What fits; equal findings become one only where not all of them do. */
function pageOf({ findings }: Diagnosis, { skip, bytes }: { skip: number; bytes: number }): Page {
  const each = findings.map(shown);
  const whole = each.reduce((sum, finding) => sum + sentBytes(finding), 0) <= bytes;
  const rows = (whole ? each : grouped(findings)).slice(skip);
  const fitting = fittingRows(rows, bytes);
  return { findings: fitting, more: fitting.length < rows.length };
}

async function answerOf(
  { findings, notes, notChecked }: Diagnosis,
  at: { page: Page; place: string; skip: number; context: ToolContext },
): Promise<DiagnosisAnswer> {
  const { page, context } = at;
  const shownUnread = notChecked.slice(0, mostNotChecked);
  const rest = notChecked.length - shownUnread.length;
  return {
    summary: summaryOf(findings, { place: at.place, shown: page.more ? page.findings.length : undefined }),
    findings: await tryFixes(page.findings, context),
    notes: notes.map(each => ({ ...each })),
    notChecked: rest === 0 ? shownUnread : [...shownUnread, `and ${rest} more`],
    truncated: page.more,
    ...(page.more ? { next: trusted`k8s_diagnose {"skip": ${at.skip + page.findings.length}}` } : {}),
  };
}

function summaryOf(
  findings: Diagnosis['findings'],
  { place, shown: some }: { place: string; shown: number | undefined },
): string {
  if (findings.length === 0) return `${place}: nothing found wrong`;
  const critical = findings.filter(({ severity }) => severity === 'critical').length;
  const counts = [
    ...(critical === 0 ? [] : [`${critical} critical`]),
    ...(critical === findings.length ? [] : [`${findings.length - critical} warning`]),
  ].join(', ');
  return `${place}: ${counts}${some === undefined ? '' : `; ${some} shown`}`;
}
