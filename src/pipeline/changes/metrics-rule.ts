import type { RuleFilesReader } from '../../clients/rule-files/reader.ts';
import type { MetricsRule } from '../../core/change.ts';
import { sha256Hex } from '../../core/digest.ts';
import { objectsIn, textOf, textsIn } from '../../core/json.ts';
import type { Outcome } from '../../core/outcome.ts';
import type { Risk } from '../../core/preview.ts';
import { describeRef } from '../../core/ref.ts';
import { cleanLine } from '../../core/text.ts';
import { groupsIn, loosened } from '../../metrics/rule-text.ts';
import { ruleEvaluator } from '../../toolkit/rule-evaluator.ts';
import { checkedRules } from './checked-rules.ts';
import { firingNow } from './firing-now.ts';
import type { Applied, ChangeKind, Looking, Prospect } from './kind.ts';
import { lookUntil } from './look-until.ts';
import { movedSince, refuseElsewhere } from './refuse-moved.ts';
import { missingRules, unnamedEvaluator } from './rules-at-server.ts';

const saidChars = 300;

/**
 * A file of rules is set as a whole, or goes. Its server reads it when it is told to; what it then says of the rules counts,
 * not what is written.
 */
export const metricsRule: ChangeKind<MetricsRule> = {
  name: 'metrics-rule',
  idempotent: true,
  checkedBy: 'by promtool, here',

  riskOf({ text }, { after, serverChecked }): Risk {
    const reasons = [
      ...(text === undefined ? ['deletes all rules of the file'] : textsIn(after?.['loosens'])),
      ...(serverChecked === true ? [] : [serverChecked]),
    ];
    return reasons.length > 0
      ? { level: 'high', reasons }
      : { level: 'medium', reasons: ['changes what alerts'] };
  },

  async preview(change, looking): Promise<Prospect> {
    const files = await filesOf(change, looking);
    const { target, text, directory } = change;
    const found = await files.read(target.name);
    const common: Omit<Prospect, 'operation'> = {
      change,
      target,
      warnings: [],
      alongside: [],
      undo: { possible: true },
      serverChecked: true,
      volatile: [],
    };
    if (found === text) return { ...common, operation: 'none' };
    refuseMoved(change, found);
    const before = found === undefined ? {} : { before: { directory, text: found } };
    if (text === undefined)
      return { ...common, operation: 'delete', ...before, serverChecked: 'a folder has no dry run' };
    // What stands there may be no YAML; then nothing is known of what it alerted.
    const old = await groupsIn(found ?? '').catch(() => []);
    const now = await groupsIn(text);
    const { tests = [] } = change;
    const serverChecked = await checkedRules({ text, groups: now, tests });
    const loosens = loosened(old, now);
    const fires = await firingNow(looking, { old, now });
    return {
      ...common,
      operation: found === undefined ? 'create' : 'update',
      ...before,
      after: {
        directory,
        text,
        ...(loosens.length === 0 ? {} : { loosens }),
        ...(fires.lines.length === 0 ? {} : { firesNow: fires.lines }),
        ...(tests.length > 0 ? { tests: `${tests.length} passed` } : {}),
      },
      warnings: fires.warnings,
      volatile: ['/firesNow'],
      serverChecked,
    };
  },

  async apply(change, { systems }, writing): Promise<Applied> {
    const files = await filesOf(change, { systems });
    const { target, text } = change;
    const was = await files.read(target.name);
    if (was !== text) {
      refuseMoved(change, was);
      await writing.beforeWrite();
      await (await systems.ruleFilesWriter()).write(target.name, { text, was });
    }
    if ((await ruleEvaluator(systems)) === undefined) return {};
    await writing.beforeWrite();
    const answer = await (await systems.ruleReloader()).reload();
    // The file stands in any case. Where it may not be told to reload, somebody else may tell it: that is seen.
    if (typeof answer === 'string') return {};
    const why = cleanLine(answer.refused, saidChars);
    return {
      outcome: {
        state: 'unverified',
        evidence: [
          `${describeRef(target)} is written and not loaded, since the server did not reload: ${why}`,
        ],
      },
    };
  },

  async find(change, looking) {
    const found = await (await filesOf(change, looking)).read(change.target.name);
    return found === undefined ? undefined : { uid: sha256Hex(found), resourceVersion: '' };
  },

  async observe(change, looking) {
    return (await (await filesOf(change, looking)).read(change.target.name)) === change.text;
  },

  async verify(change, looking, waiting): Promise<Outcome> {
    const files = await filesOf(change, looking);
    const name = describeRef(change.target);
    const { systems } = looking;
    const evaluator = await ruleEvaluator(systems);
    const groups = change.text === undefined ? [] : await groupsIn(change.text);
    return lookUntil(waiting, async () => {
      if ((await files.read(change.target.name)) !== change.text)
        return { state: 'failed', evidence: [`${name} is not as it was written.`] };
      if (evaluator === undefined)
        return {
          state: 'unverified',
          evidence: [
            `${name} is written; no Prometheus or vmalert is configured that would tell whether it is loaded.`,
          ],
        };
      const isTheirs = (file: string) => file === change.target.name;
      const missing = await missingRules(evaluator, { isTheirs, groups, name });
      if (missing.length > 0)
        return {
          saying: missing[0] ?? '',
          late: async () => [...missing, ...(await whyNotRead(systems))],
        };
      const count = groups.flatMap(group => objectsIn(group['rules'])).length;
      const said = count === 0 ? 'lists none of it any more' : `evaluates all ${count} rules of it`;
      return { state: 'verified', evidence: [`${evaluator.shown} ${said}.`] };
    });
  },

  invert({ target, directory, text }, preview) {
    const before = textOf(preview.before, 'text');
    return [
      {
        kind: 'metrics-rule',
        target,
        directory,
        ...(preview.before === undefined ? {} : { text: before }),
        ...(text === undefined ? {} : { expects: sha256Hex(text) }),
      },
    ];
  },
};

/** @throws VigieError CONFLICT where the environment has another folder than the one that was shown */
async function filesOf(
  { target, directory }: MetricsRule,
  { systems }: Pick<Looking, 'systems'>,
): Promise<RuleFilesReader> {
  const files = await systems.ruleFiles();
  refuseElsewhere(target, { planned: directory, has: files.shown });
  return files;
}

function refuseMoved({ target, expects }: MetricsRule, found: string | undefined): void {
  if (expects !== (found === undefined ? undefined : sha256Hex(found))) throw movedSince(target);
}

/** A server whose lifecycle API is off reads its files when its process is told to. */
async function whyNotRead(systems: Looking['systems']): Promise<string[]> {
  const unnamed = await unnamedEvaluator(systems);
  if (unnamed.length > 0 || systems.configured.has('vmalert')) return unnamed;
  const prometheus = await systems.prometheus();
  if ((await prometheus.flag('web.enable-lifecycle')) !== 'false') return [];
  return [
    `Not loaded yet: ${prometheus.shown} runs without --web.enable-lifecycle; send its process a SIGHUP, or restart it.`,
  ];
}
