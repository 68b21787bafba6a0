import { VigieError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { CallResult } from '../../core/result.ts';
import { type DiagnosisAnswer, diagnosisAnswer, type ShownFinding } from '../../tools/k8s/diagnose/answer.ts';
import { exitStatusOf } from '../exit-status.ts';
import { cellText } from '../render/table.ts';
import { advanceSandbox } from '../sandbox/steer.ts';
import type { Session } from '../session.ts';
import { diagnosisText } from '../tool-command/diagnosis.ts';
import { hurried, writePastVigie } from './cluster-hand.ts';
import { decideInDemo } from './decide.ts';
import { type Fault, faults } from './faults.ts';
import { ownName } from './own-name.ts';
import { type Cast, onStage } from './stage.ts';
import { Story } from './story.ts';
import { ticketOf } from './ticket-of.ts';

/** What the cluster's own patience makes of a fault: a probe that fails for minutes is one only then. */
const untilSeenMs = [3_000, 60_000, 60_000, 120_000, 300_000];
/** Pods that come back take moments; what has not cleared by then was not healed. */
const untilHealedMs = [1_000, 5_000, 15_000, 60_000, 120_000];

/** Breaks the shop in one way, lets k8s_diagnose find it, and heals it on the one path. Answers the exit status. */
export function runFault(session: Session, asked: { fault: Fault; yes: boolean }): Promise<number> {
  return onStage(session, { tell: cast => tell(session, { ...cast, ...asked }) });
}

async function tell(session: Session, scene: Cast & { fault: Fault; yes: boolean }): Promise<number> {
  const { vigie, agent, sandbox, fault, yes } = scene;
  const story = new Story(session.terminal);

  await story.step('A shop on a simulated cluster, looked at by an agent over MCP');
  await story.wire('agent', 'k8s_diagnose {}');
  await story.wire('vigie', (await diagnose(scene)).answer.summary);

  await story.step(`Somebody breaks it past Vigie: ${fault.told}`);
  for (const write of fault.writes) {
    await writePastVigie(sandbox, write);
    await story.say(`${write.method} ${write.path}\n${JSON.stringify(write.body)}`);
  }

  await story.step('What is wrong, why, and the one call that heals it: by rules, without a model');
  const { data, finding } = await untilSeen(scene, story);
  await story.wire('agent', 'k8s_diagnose {}');
  await story.say(diagnosisText(data));

  const call = healingCall(finding, fault);
  if (call.answer === undefined) await story.step('The agent asks for the fix that was found');
  else {
    await story.step('What heals it does not follow from the cluster, so Vigie asks instead of guessing');
    await story.say(`asked:    ${finding.question ?? ''}\nanswered: ${call.answer}`);
  }
  const input = { ...call.arguments, reason: `k8s_diagnose: ${finding.code}` };
  await story.wire('agent', `${call.tool} ${JSON.stringify(input)}`);
  const proposed = await agent.callTool(call.tool, input);
  const id = ticketOf(proposed);
  await story.wire(
    'vigie',
    `approval_required: ticket ${id}, ${cellText(proposed.data['risk'])} risk. Nothing has changed yet.`,
  );

  await story.step('A person sees the whole change and decides');
  const applied = await decideInDemo(session, vigie, {
    id,
    yes,
    story,
    whileApplied: work => hurried(sandbox, work),
  });
  await story.say(applied.text);

  await story.step('Is it healed?');
  return finish(story, { ...scene, applied, finding, session });
}

/** Looks until something is wrong. @throws VigieError SANDBOX where nothing ever is */
async function untilSeen(scene: Cast, story: Story): Promise<{ data: JsonObject; finding: ShownFinding }> {
  let passedMs = 0;
  for (const ms of untilSeenMs) {
    await advanceSandbox(scene.sandbox, ms);
    passedMs += ms;
    const { answer, data } = await diagnose(scene);
    const [finding] = answer.findings;
    if (finding === undefined) continue;
    await story.aside(
      `${Math.round(passedMs / 1_000)} seconds later, by the clock of the simulated cluster:`,
    );
    return { data, finding };
  }
  throw new VigieError('SANDBOX', 'The fault was made, and nothing was found wrong.');
}

/** The first fix, else what a person answers to the question. @throws VigieError SANDBOX where there is neither */
function healingCall(
  { fixes: [fix], code }: ShownFinding,
  { answer }: Fault,
): { tool: string; arguments: JsonObject; answer?: string } {
  if (fix !== undefined) return fix;
  if (answer !== undefined) return { ...answer, answer: answer.told };
  throw new VigieError('SANDBOX', `The finding ${code} has no fix, and the demo no answer to its question.`);
}

async function finish(
  story: Story,
  end: Cast & { applied: CallResult; finding: ShownFinding; fault: Fault; session: Session },
): Promise<number> {
  const { applied, finding, fault, vigie, session } = end;
  const healed = applied.status === 'done' && (await clears(end));
  await story.wire('agent', 'k8s_diagnose {}');
  await story.wire('vigie', (await diagnose(end)).answer.summary);
  if (applied.status === 'rejected')
    await story.say(`${finding.code} stays: nothing was changed without a yes.`);
  else if (healed) await story.say(`healed: ${finding.code} is gone, and nothing new came`);
  else await story.say(`not healed: ${finding.code}`);
  const { audit } = await vigie.store();
  const [last] = await audit.list({ limit: 1 });
  if (last !== undefined) await story.aside(`On record: ${last.sequence} rows, head ${last.hash}`);

  await story.step('Next');
  const after = faults[(faults.indexOf(fault) + 1) % faults.length];
  const own = ownName(session.terminal.env);
  const played = `${own} demo --fault ${after?.name ?? ''}`;
  await story.say(
    `${`${own} k8s diagnose`.padEnd(played.length)}  what is wrong in your own cluster; it only reads\n` +
      `${played}  another fault; all of them: ${own} demo --list`,
  );
  // Who says no in a demo has seen what there is to see.
  if (applied.status === 'rejected') return 0;
  return healed ? 0 : exitStatusOf(applied) || 1;
}

/** Whether all findings go away, given time. */
async function clears(scene: Cast): Promise<boolean> {
  for (const ms of untilHealedMs) {
    await advanceSandbox(scene.sandbox, ms);
    if ((await diagnose(scene)).answer.findings.length === 0) return true;
  }
  return false;
}

async function diagnose({ agent }: Cast): Promise<{ answer: DiagnosisAnswer; data: JsonObject }> {
  const { data, text, isError } = await agent.callTool('k8s_diagnose', { format: 'json' });
  const answer = diagnosisAnswer.safeParse(data);
  if (answer.success && !isError) return { answer: answer.data, data };
  throw new VigieError('SANDBOX', `k8s_diagnose did not answer: ${text.split('\n')[0] ?? ''}`);
}
