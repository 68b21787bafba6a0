import type { Actor } from '../../core/actor.ts';
import { VigieError } from '../../core/errors.ts';
import { isObject, type Json, type JsonObject, textsIn } from '../../core/json.ts';
import type { ApprovalStep, Playbook } from '../../core/playbook.ts';
import { Redactor } from '../../core/redaction.ts';
import { describeRef } from '../../core/ref.ts';
import type {
  RehearsalOrder,
  RehearsalReport,
  RehearsedStep,
  RehearsedWayBack,
} from '../../core/rehearsal.ts';
import { trusted } from '../../core/trusted-text.ts';
import { replaced, twinPlaceholder } from '../../kubernetes/twin/copy-object.ts';
import { gatherTwin } from '../../pipeline/gather-twin.ts';
import { readKillSwitch } from '../../pipeline/kill-switch.ts';
import { environmentOf } from '../../pipeline/look-up.ts';
import { tooFewPeople } from '../../pipeline/too-few-people.ts';
import { lacksOf } from '../../pipeline/twin-lacks.ts';
import type { Vigie } from '../../pipeline/vigie.ts';
import type { AskedInVain } from '../asked-in-vain.ts';
import type { Play } from '../play-order.ts';
import { inputOfRun } from '../start-run.ts';
import { askPeople } from './ask-people.ts';
import { askRights, type Rights } from './ask-rights.ts';
import { named } from './named.ts';
import { changedBy, outcomeOf } from './outcome.ts';
import { type OncePlayed, playOnce, type Stage } from './play-once.ts';
import { recordRehearsal } from './record-rehearsal.ts';
import { stepsOfRun, wayBackOfRun } from './steps-of-run.ts';
import { unforeseenOf } from './unforeseen.ts';
import { wholeOf } from './whole-of.ts';
import { failingBehind, withinReach } from './within-reach.ts';

/** A copy of thousands of pods is played in a minute; whoever waits longer has been forgotten. */
const longestMs = 10 * 60_000;

/** What a rehearsal needs beside the Vigie of the environment, with which it only reads. */
export interface RehearsalParts {
  /** A playbook by its name, checked. @throws VigieError INVALID_INPUT, PLAYBOOK */
  named: (name: string) => Promise<{ playbook: Playbook; digest: string; text: string }>;
  play: Play;
  actor: Actor;
  signal: AbortSignal;
  progress: (message: string) => void;
}

/**
 * Copies an environment into a simulated cluster, plays a playbook there with approvals assumed, and tells what it did; where
 * it ended well, once more with a failure behind it, to see its way back. Nothing is written to the environment, and no value
 * of a Secret is in the copy, its files or the report. What ended well is recorded.
 * @throws VigieError UNKNOWN_ENVIRONMENT, INVALID_INPUT, PLAYBOOK, CANCELLED, SANDBOX, and what readers throw
 */
export async function rehearse(
  given: Vigie,
  order: RehearsalOrder,
  parts: RehearsalParts,
): Promise<RehearsalReport> {
  const over = AbortSignal.timeout(longestMs);
  try {
    return await rehearseInTime(given, order, {
      ...parts,
      signal: AbortSignal.any([parts.signal, over]),
    });
  } catch (error) {
    if (!over.aborted || parts.signal.aborted) throw error;
    throw new VigieError('SANDBOX', `${order.playbook} comes to no end on a copy within ten minutes.`, {
      hint: 'A step that looks again every second for days takes as many rounds: let it look more seldom.',
      cause: error,
    });
  }
}

async function rehearseInTime(
  given: Vigie,
  order: RehearsalOrder,
  parts: RehearsalParts,
): Promise<RehearsalReport> {
  const beganMs = performance.now();
  const { actor, signal, progress } = parts;
  const namedOnce = once(parts.named);
  const vigie = await given.inForce('read');
  const environment = environmentOf(vigie, { environment: order.environment });
  const { view, rules, known } = environment;
  const { playbook, digest } = await namedOnce(order.playbook);
  // Before the cluster is read, which takes a while.
  inputOfRun(playbook, order.inputs);
  const { playbook: reach, left } = withinReach(playbook);
  const failing = failingBehind(reach, order.failBehind);
  if (failing === undefined) throw noSuchStep(playbook);
  const whole = await wholeOf({ playbook, digest }, async name => {
    const called = await namedOnce(name);
    return { digest: called.digest, source: called.text };
  });
  const twin = await gatherTwin(vigie, { environment: view.name, signal, progress });
  const redactor = new Redactor(known);
  const stage: Stage = {
    ...parts,
    named: namedOnce,
    // By a name that no shipped world has: those come with systems of their own.
    world: { ...twin.world, name: `copy-of-${view.name}` },
    environment: {
      name: view.name,
      rules,
      namespaces: view.namespaces,
      clusterScoped: view.clusterScoped,
      accepted: (await vigie.policy()).accepted,
      secretAliases: (await environment.reach(signal)).secretAliases,
    },
    inputs: withoutSecrets(order.inputs, redactor),
  };
  progress(`Playing ${order.playbook} …`);
  const first = await playOnce(stage, { written: playbook, played: reach, left });
  const tooFew: TooFew = approval => tooFewPeople(vigie, environment, approval);
  const { steps, vain } = await askPeople(stepsOfRun(first), tooFew);
  const played = outcomeOf(first, {
    steps,
    changes: new Set(vigie.tools.flatMap(({ name, kind }) => (kind === 'change' ? [name] : []))),
  });
  const changed = changedBy(first);
  const { reader } = await environment.reach(signal);
  progress('Asking whether the account may do it …');
  const rights = await askRights(reader, first.writes);
  let wayBack =
    played.outcome === 'done'
      ? undefined
      : await wayBackAfter(first, { cause: 'failed', behind: behindOf(steps), tooFew });
  if (played.outcome === 'done' && (changed.length > 0 || order.failBehind !== undefined)) {
    progress('Playing it again, to fail at its end …');
    const second = await playOnce(stage, { written: playbook, played: failing.playbook, left });
    const after = await wayBackAfter(second, { cause: 'assumed', behind: failing.behind, tooFew });
    wayBack = withRights(after, {
      known: rights,
      rights: await askRights(reader, second.writes),
    });
  }
  const { outcome, why } = agreedTo(allowed(played, rights), vain);
  const report: RehearsalReport = {
    playbook: playbook.metadata.name,
    digest,
    environment: view.name,
    inputs: stage.inputs,
    outcome,
    ...(why === undefined ? {} : { why }),
    steps,
    ...(wayBack === undefined ? {} : { wayBack }),
    blast: {
      objects: changed.map(describeRef),
      namespaces: [...new Set(changed.flatMap(({ namespace }) => namespace ?? []))],
      podsEnded: first.pods.ended,
      podsMade: first.pods.made,
    },
    simulatedSeconds: Math.round(first.tookMs / 1_000),
    tookSeconds: Math.round((performance.now() - beganMs) / 1_000),
    unforeseen: unforeseenOf({
      steps,
      targets: changed,
      pods: first.pods,
      hasVolumes: twin.world.objects.some(({ kind }) => kind === 'PersistentVolumeClaim'),
      isNarrow: view.namespaces !== undefined,
      isKilled: (await readKillSwitch(vigie)).on,
      unasked: rights.unasked,
      vain: vain.filter(({ skips }) => skips),
    }),
    copy: { ...first.holds, lacks: lacksOf({ ...twin, left: missing(twin.left) }) },
  };
  const told = { ...redactor.json(report), digest };
  if (outcome !== 'done') return told;
  const row = await recordRehearsal(vigie, {
    playbook: report.playbook,
    digest,
    whole: whole.digest,
    environment: view.name,
    inputs: order.inputs,
    changed: changed.length,
    notRehearsed: steps.filter(({ status }) => status === 'not_rehearsed').length,
    actor,
    signal,
  });
  return { ...told, recorded: { at: row.at, head: row.hash } };
}

type TooFew = (approval: ApprovalStep['approval']) => Promise<string | undefined>;

/** What a run did to take itself back; undefined: nothing was to be done. */
async function wayBackAfter(
  of: OncePlayed,
  { cause, behind, tooFew }: Pick<RehearsedWayBack, 'cause' | 'behind'> & { tooFew: TooFew },
): Promise<RehearsedWayBack | undefined> {
  const { steps, vain } = await askPeople(wayBackOfRun(of), tooFew);
  const problems = [
    ...(isObject(of.run.output) ? textsIn(of.run.output['problems']) : []),
    ...vain.map(nobodyAgrees),
  ];
  if (steps.length === 0 && problems.length === 0 && changedBy(of).length === 0) return undefined;
  return { cause, behind, steps, problems };
}

/** What went well on the copy, where Vigie may do everything, is denied where the account may not do it. */
function allowed(played: ReturnType<typeof outcomeOf>, { lacking }: Rights): ReturnType<typeof outcomeOf> {
  if (lacking.length === 0 || played.outcome === 'failed' || played.outcome === 'denied') return played;
  return { outcome: 'denied', why: `The cluster does not let Vigie's account ${named(lacking)}.` };
}

/** What ended well on the copy, where people agree at once, never does where nobody could. One that is not asked for needs nobody. */
function agreedTo(
  judged: ReturnType<typeof outcomeOf>,
  vain: readonly AskedInVain[],
): ReturnType<typeof outcomeOf> {
  const first = vain.find(({ skips }) => !skips);
  if (judged.outcome !== 'done' || first === undefined) return judged;
  return { outcome: 'denied', why: nobodyAgrees(first) };
}

function nobodyAgrees({ step, why }: AskedInVain): string {
  return `Nobody agrees at ${step}: ${why}.`;
}

/** A way back that the account may not go leaves what it should take back. */
function withRights(
  wayBack: RehearsedWayBack | undefined,
  { known, rights }: { known: Rights; rights: Rights },
): RehearsedWayBack | undefined {
  const lacking = rights.lacking.filter(each => !known.lacking.includes(each));
  if (wayBack === undefined || lacking.length === 0) return wayBack;
  const problem = `The cluster does not let Vigie's account ${named(lacking)}, which the way back takes.`;
  return { ...wayBack, problems: [...wayBack.problems, problem] };
}

function behindOf(steps: readonly RehearsedStep[]): string {
  return steps.find(({ status }) => status === 'failed' || status === 'denied')?.path ?? '';
}

/** What was left out and is not there in another form. */
function missing(left: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  return new Map([...left].filter(([what]) => !replaced.has(what.slice(what.indexOf(': ') + 2))));
}

/** A text that holds a secret is a placeholder in the copy too: a masked one would be refused as an input. */
function withoutSecrets(inputs: JsonObject, redactor: Redactor): JsonObject {
  const safe = (value: Json): Json => {
    if (typeof value === 'string') return redactor.text(value) === value ? value : twinPlaceholder;
    if (Array.isArray(value)) return value.map(safe);
    return isObject(value) ? withoutSecrets(value, redactor) : value;
  };
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [name, value === undefined ? undefined : safe(value)]),
  );
}

/** What a name means stays the same to the end: what is recorded is what was played. */
function once<T>(named: (name: string) => Promise<T>): (name: string) => Promise<T> {
  const known = new Map<string, Promise<T>>();
  return name => {
    const found = known.get(name) ?? named(name);
    known.set(name, found);
    return found;
  };
}

function noSuchStep({ steps, metadata }: Playbook): VigieError {
  const ids = steps.flatMap(({ id }) => id ?? []);
  return new VigieError('INVALID_INPUT', `${metadata.name} has no step of that id at its top.`, {
    hint: trusted`It has ${ids}.`,
    details: { steps: ids },
  });
}
