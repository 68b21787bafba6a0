import { VigieError } from '../../core/errors.ts';
import { type JsonObject, objectsIn } from '../../core/json.ts';
import type { CallResult } from '../../core/result.ts';
import { proveAudit } from '../../pipeline/prove-audit.ts';
import type { Vigie } from '../../pipeline/vigie.ts';
import { connectLines } from '../connect-lines.ts';
import { exitStatusOf } from '../exit-status.ts';
import { alignTables, cellText, TableWriter } from '../render/table.ts';
import type { Session } from '../session.ts';
import { decideInDemo } from './decide.ts';
import type { McpClient, ToolAnswer } from './mcp-client.ts';
import { ownName } from './own-name.ts';
import { onStage } from './stage.ts';
import { Story } from './story.ts';
import { ticketOf } from './ticket-of.ts';

const namespace = 'shop';
/** Enough to see what stands there; the whole world is larger. */
const shownRows = 8;
const shownHash = 12;

/** The whole way of one change, with an agent on one side and a person on the other. Answers the exit status. */
export function runDemo(session: Session, asked: { yes: boolean }): Promise<number> {
  return onStage(session, { tell: cast => tell(session, { ...cast, yes: asked.yes }) });
}

async function tell(
  session: Session,
  cast: { vigie: Vigie; agent: McpClient; yes: boolean },
): Promise<number> {
  const { vigie, agent } = cast;
  const story = new Story(session.terminal);

  await story.step('A cluster: simulated, on this machine, with the API of a real one');
  const workload = await showCluster(agent, story);

  await story.step(
    `An agent, over MCP, wants ${workload.wanted} pods of ${workload.name} instead of ${workload.replicas}`,
  );
  const tools = await agent.listTools();
  await story.aside(`It has ${tools.length} tools: ${tools.join(', ')}.`);
  const proposed = await propose(story, { agent, workload });
  const id = ticketOf(proposed);

  await story.step('The agent tries to approve its own change');
  await tryToApprove(story, { agent, id });
  await story.aside(
    `It cannot approve through Vigie: there is no tool for it. Assurance here is ${vigie.assurance}: ` +
      (vigie.assurance === 'advisory'
        ? 'an agent with\na shell on this same account could still go round Vigie. SECURITY.md shows set-ups where it cannot.'
        : 'the side that asks cannot reach credentials, store or approvers.'),
  );

  await story.step('A person sees the whole change and decides');
  const applied = await decideInDemo(session, vigie, { id, yes: cast.yes, story });
  await story.say(applied.text);
  if (applied.status !== 'done') return finish(story, { vigie, session, result: applied });
  await story.wire('agent', `changes_get {"id":"${id}"}`);
  const seen = await agent.callTool('changes_get', { id });
  await story.wire('vigie', `state: ${cellText(seen.data['state'])}`);

  await story.step('And back: the undo is a change like any other');
  await story.wire('agent', `changes_undo {"id":"${id}"}`);
  const undo = await agent.callTool('changes_undo', { id, reason: 'the demo takes back what it did' });
  await story.wire('vigie', cellText(undo.data['status']));
  const undone =
    undo.data['status'] === 'approval_required'
      ? await decideInDemo(session, vigie, { id: ticketOf(undo), yes: cast.yes, story })
      : asResult(undo);
  if (undo.data['status'] === 'approval_required') await story.say(undone.text);
  else await story.say(undo.text);
  return finish(story, { vigie, session, result: undone });
}

interface Workload {
  name: string;
  replicas: number;
  wanted: number;
}

/** Lists the workloads as the agent sees them, and picks one that nothing else scales. */
async function showCluster(agent: McpClient, story: Story): Promise<Workload> {
  const list = await agent.callTool('k8s_list', { kind: 'Deployment', namespace, format: 'json' });
  const scaled = await agent.callTool('k8s_list', {
    kind: 'HorizontalPodAutoscaler',
    namespace,
    format: 'json',
  });
  const rows = rowsOf(list);
  await story.say(new TableWriter().page(rows.slice(0, shownRows).map(briefly)));
  if (rows.length > shownRows) await story.aside(`… and ${rows.length - shownRows} more in ${namespace}`);
  const autoscaled = rowsOf(scaled).map(row => cellText(row['reference']));
  const free = rows.filter(row => !autoscaled.includes(`Deployment/${cellText(row['name'])}`));
  const chosen = free.find(row => /^[1-9]\d*\//.test(cellText(row['ready']))) ?? free[0];
  if (chosen === undefined)
    throw new VigieError('SANDBOX', `The demo's world has no workload in ${namespace}.`);
  const replicas = Number(cellText(chosen['ready']).split('/')[1] ?? '1');
  // More than twice as many is no longer a low risk, so the policy asks.
  return { name: cellText(chosen['name']), replicas, wanted: replicas * 2 + 1 };
}

/** The columns that fit any terminal. */
function briefly(row: JsonObject): JsonObject {
  const { name, ready, upToDate, available, age } = row;
  return { name, ready, upToDate, available, age };
}

async function propose(story: Story, asked: { agent: McpClient; workload: Workload }): Promise<ToolAnswer> {
  const { name, wanted } = asked.workload;
  const input = {
    target: { kind: 'Deployment', name, namespace },
    replicas: wanted,
    reason: 'more visitors than usual',
  };
  await story.wire('agent', `k8s_scale ${JSON.stringify(input)}`);
  const answer = await asked.agent.callTool('k8s_scale', input);
  const { status, id, risk } = answer.data;
  await story.wire(
    'vigie',
    `${cellText(status)}: ticket ${cellText(id)}, ${cellText(risk)} risk. Nothing has changed yet.`,
  );
  return answer;
}

async function tryToApprove(story: Story, asked: { agent: McpClient; id: string }): Promise<void> {
  await story.wire('agent', `changes_approve {"id":"${asked.id}"}`);
  const refused = await asked.agent.callTool('changes_approve', { id: asked.id });
  const [first = ''] = refused.text.split('\n');
  await story.wire('vigie', first);
}

async function finish(
  story: Story,
  end: { vigie: Vigie; session: Session; result: CallResult },
): Promise<number> {
  const { audit } = await end.vigie.store();
  await story.step('Everything is on record, each row chained to the one before');
  const rows = (await audit.list({ limit: 100 })).reverse();
  const table = rows.map(row => ({
    seq: row.sequence,
    event: row.event,
    change: row.changeId ?? '',
    hash: row.hash.slice(0, shownHash),
  }));
  await story.say(new TableWriter().page(table));
  const verdict = await proveAudit(end.vigie);
  await story.say(
    verdict.ok
      ? `whole: ${verdict.rows} rows, head ${verdict.head}`
      : `broken at row ${verdict.sequence}: ${verdict.what}`,
  );
  await story.step('Try it with your own assistant');
  await story.say(connectLines(end.session.program.self));
  const vigie = ownName(end.session.terminal.env);
  await story.aside(`${vigie} init writes a vigie.yaml for your clusters; ${vigie} doctor checks it.`);
  // Who says no in a demo has seen what there is to see.
  if (end.result.status === 'rejected') return 0;
  return verdict.ok ? exitStatusOf(end.result) : 1;
}

function rowsOf(answer: ToolAnswer): JsonObject[] {
  return objectsIn(answer.data['rows']);
}

function asResult(answer: ToolAnswer): CallResult {
  return { status: answer.isError ? 'failed' : 'done', data: answer.data, text: alignTables(answer.text) };
}
