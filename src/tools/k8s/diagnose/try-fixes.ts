import { VigieError } from '../../../core/errors.ts';
import { inParallel } from '../../../core/in-parallel.ts';
import { cleanLine } from '../../../core/text.ts';
import type { ChangeTool, ToolContext } from '../../../toolkit/tool.ts';
import type { TriedChange } from '../../../toolkit/tried-change.ts';
import { k8sApply } from '../apply.ts';
import { k8sDelete } from '../delete.ts';
import { k8sExec } from '../exec.ts';
import { k8sNode } from '../node.ts';
import { k8sPatch } from '../patch.ts';
import { k8sRollout } from '../rollout.ts';
import { k8sRunJob } from '../run-job.ts';
import { k8sScale } from '../scale.ts';
import { k8sSet } from '../set.ts';
import type { ShownFinding, ShownFix } from './answer.ts';

// An answer holds fewer; each costs a read and a dry run.
const mostTried = 40;
const atOnce = 4;
const whyChars = 160;

const makers: ReadonlyMap<string, ChangeTool> = new Map(
  [k8sApply, k8sPatch, k8sSet, k8sScale, k8sRollout, k8sNode, k8sExec, k8sRunJob, k8sDelete].map(tool => [
    tool.name,
    tool,
  ]),
);

/** How a fix stands: as it is, as one that nobody tried, or as one that would be refused. */
type Tried = { offered: ShownFix } | { withheld: string };

/** The findings with their fixes tried by the server: what it would refuse, or what would change nothing, is not offered. */
export async function tryFixes(
  findings: readonly ShownFinding[],
  context: ToolContext,
): Promise<ShownFinding[]> {
  let left = mostTried;
  return inParallel(findings, {
    atOnce,
    task: async finding => {
      const fixes: ShownFix[] = [];
      const withheld: string[] = [];
      for (const each of finding.fixes) {
        const fix = placed(each, context);
        const tried =
          left-- > 0 ? await tryFix(fix, context) : { offered: { ...fix, notPreviewed: 'too many at once' } };
        if ('offered' in tried) fixes.push(tried.offered);
        else withheld.push(tried.withheld);
      }
      return { ...finding, fixes, ...(withheld.length === 0 ? {} : { withheld }) };
    },
  });
}

/** Where there are several environments, the call that heals names the one that was looked at. */
function placed(fix: ShownFix, { environment, environments }: ToolContext): ShownFix {
  if (environments.length < 2) return fix;
  return { ...fix, arguments: { ...fix.arguments, environment: environment.name } };
}

async function tryFix(fix: ShownFix, context: ToolContext): Promise<Tried> {
  const withheld = (why: string) => ({ withheld: `${fix.does}: ${cleanLine(why, whyChars)}` });
  const notPreviewed = (why: string) => ({
    offered: { ...fix, notPreviewed: cleanLine(why, whyChars) },
  });
  const parsed = makers.get(fix.tool)?.parse(fix.arguments);
  if (parsed === undefined) return withheld(`there is no tool ${fix.tool}`);
  if (!parsed.ok)
    return withheld(parsed.issues.map(({ field, message }) => `${field}: ${message}`).join('; '));
  if (context.tryChanges === undefined) return notPreviewed('this Vigie is read-only');
  try {
    const planned = await parsed.run(context);
    if (!Array.isArray(planned)) return withheld('it changes nothing');
    const refusal = faultOf(await context.tryChanges(planned));
    if (refusal === undefined) return { offered: fix };
    return refusal.final ? withheld(refusal.why) : notPreviewed(refusal.why);
  } catch (error) {
    if (!(error instanceof VigieError) || error.code === 'CANCELLED') throw error;
    return mayPass.has(error.code) ? notPreviewed(error.message) : withheld(error.message);
  }
}

/** Errors that say nothing of the change: who asks may not try it, or the server did not answer. */
const mayPass: ReadonlySet<string> = new Set([
  'FORBIDDEN',
  'READ_ONLY',
  'CREDENTIALS_CHANGED',
  'TIMEOUT',
  'UNREACHABLE',
  'SERVER_ERROR',
  'BAD_RESPONSE',
]);

/** What keeps a fix from being offered as tried; `final`: it would fail for anybody. */
function faultOf(tried: readonly TriedChange[]): { why: string; final: boolean } | undefined {
  if (tried.every(({ outcome }) => outcome === 'none'))
    return { why: 'it would change nothing', final: true };
  for (const one of tried) {
    if ('why' in one) return { why: one.why, final: one.outcome !== 'forbidden' && one.outcome !== 'denied' };
    if (one.unchecked !== undefined) return { why: one.unchecked, final: false };
  }
  return undefined;
}
