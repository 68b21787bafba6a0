import type { Actor } from '../core/actor.ts';
import type { SignedApproval, SignedStatement } from '../core/approval.ts';
import type { JsonObject } from '../core/json.ts';
import { limits } from '../core/limits.ts';
import type { CallResult } from '../core/result.ts';
import { cleanLine } from '../core/text.ts';
import { auditFacts } from '../pipeline/audit-facts.ts';
import { readKillSwitch } from '../pipeline/kill-switch.ts';
import type { ProvenAudit } from '../pipeline/prove-audit.ts';
import { runTool } from '../pipeline/run-tool.ts';
import { countWrongPassphrase, rejectTicket, reviewTicket, settle } from '../pipeline/settle.ts';
import { type TickReport, tick } from '../pipeline/tick.ts';
import type { Vigie } from '../pipeline/vigie.ts';
import type { AuditRow } from '../store/audit-row.ts';
import type { KillSwitch } from '../store/settings.ts';
import { auditLines, auditRows, auditVerify } from './audit.ts';
import type { Check } from './checks/check.ts';
import type {
  ApproverDesk,
  ApproverKey,
  ApproverView,
  AskedAct,
  Doing,
  PluginView,
  PolicyView,
  PreparedStatement,
  ShownTicket,
  Ticket,
  VigieAccount,
} from './desk.ts';
import { pluginViews } from './plugin-views.ts';
import { policyView } from './policy-view.ts';
import { approverKeys, commitStatement, prepareStatement } from './statements.ts';
import { openTickets } from './tickets.ts';

/** The desk over a Vigie of this process. Each call begins with what is in force then, since a process may live long. */
export class LocalDesk implements ApproverDesk {
  readonly decides = true;
  readonly #vigie: Vigie;
  /** Whoever sits here, as the pipeline knows an actor. */
  readonly actor: Actor;
  readonly #answerBytes: number;
  readonly #socket: 'agent' | 'approver' | undefined;

  /**
   * `login`: the OS user who sits there. `answerBytes`: the largest answer of a tool that they can be handed. `socket`:
   * of a daemon, through which they come; absent: they are in this process.
   */
  constructor(vigie: Vigie, side: { login: string; answerBytes: number; socket?: 'agent' | 'approver' }) {
    const { login } = side;
    this.#socket = side.socket;
    this.#vigie = vigie;
    this.actor = { kind: 'person', name: login, via: 'cli', onBehalfOf: login };
    this.#answerBytes = side.answerBytes;
  }

  callTool(call: { tool: string; input: JsonObject }, doing: Doing): Promise<CallResult> {
    const { progress, stream, local } = doing;
    const reads = this.#vigie.tools.find(({ name }) => name === call.tool)?.kind === 'read';
    return runTool(this.#vigie, {
      ...call,
      actor: this.actor,
      signal: reads ? wholeSignal(doing) : doing.signal,
      budgetBytes: this.#answerBytes,
      ...(progress === undefined ? {} : { progress }),
      ...(stream === undefined ? {} : { stream }),
      ...(local === undefined ? {} : { local }),
    });
  }

  async tickets(wanted: { environment?: string }): Promise<{ now: string; tickets: Ticket[] }> {
    return openTickets(await this.#vigie.inForce('read'), { ...wanted, reader: this.actor.onBehalfOf });
  }

  async placeOf({ id }: { id: string }): Promise<{ environment: string }> {
    const { changes } = await this.#vigie.store();
    const { environment } = await changes.get(id);
    return { environment };
  }

  async reject(ticket: { id: string; reason?: string }): Promise<CallResult> {
    return rejectTicket(await this.#vigie.inForce('read'), {
      ...ticket,
      person: this.actor.onBehalfOf,
      ...(this.#socket === undefined ? {} : { socket: this.#socket }),
    });
  }

  async killSwitch(): Promise<KillSwitch> {
    return readKillSwitch(await this.#vigie.inForce('read'));
  }

  async stopChanges({ why: said }: { why: string }): Promise<{ onBefore?: KillSwitch }> {
    const why = cleanLine(said, limits.reasonChars);
    const vigie = await this.#vigie.inForce('read');
    const { settings } = await vigie.store();
    const facts = await this.#facts(vigie, { why });
    return settings.setKillSwitch({
      on: true,
      by: this.actor.onBehalfOf,
      why,
      audit: { event: 'kill_switch_on', facts },
    });
  }

  async policy(): Promise<PolicyView> {
    return policyView(await this.#vigie.inForce('read'));
  }

  async approvers(): Promise<ApproverView[]> {
    const { list } = await (await this.#vigie.inForce('read')).approvers();
    return list.map(({ person, addedAt, addedBy, via, publicKey }) => ({
      person,
      addedAt,
      addedBy,
      via,
      publicKey,
    }));
  }

  async credentialPlugins(): Promise<PluginView[]> {
    return pluginViews(await this.#vigie.inForce('read'));
  }

  tick(asked: { environment?: string; dryRun: boolean }, doing: Doing): Promise<TickReport> {
    const { signal, progress } = doing;
    return tick(this.#vigie, { ...asked, signal, ...(progress === undefined ? {} : { progress }) });
  }

  async checks(doing: Doing): Promise<Check[]> {
    // Loaded late: a daemon is asked so seldom.
    const { daemonItself } = await import('./checks/daemon-itself.ts');
    return daemonItself(await this.#vigie.inForce('read'), wholeSignal(doing));
  }

  async account(): Promise<VigieAccount> {
    const { loginOf } = await import('../config/separation/accounts.ts');
    return { login: await loginOf(process.getuid?.() ?? -1), ...this.#vigie.place };
  }

  auditRows(page: { limit: number; before?: number; changeId?: string }): Promise<AuditRow[]> {
    return auditRows(this.#vigie, page);
  }

  async auditVerify(expected: { head?: string }): Promise<ProvenAudit> {
    return auditVerify(await this.#vigie.inForce('read'), expected);
  }

  auditLines(page: { after: number }): Promise<{ lines: string[]; next?: number }> {
    return auditLines(this.#vigie, page);
  }

  async approverKeys(): Promise<ApproverKey[]> {
    return approverKeys(await this.#vigie.inForce('read'));
  }

  async review(
    ticket: { id: string; person: string },
    doing: Doing,
  ): Promise<{ shown: ShownTicket } | { result: CallResult }> {
    const login = this.actor.onBehalfOf;
    const opened = await reviewTicket(this.#vigie, { ...ticket, login, signal: wholeSignal(doing) });
    if ('result' in opened) return opened;
    const { screen, payload, typeToConfirm } = opened.review;
    return { shown: { screen, payload, ...(typeToConfirm === undefined ? {} : { typeToConfirm }) } };
  }

  settle(decision: { id: string; by: SignedApproval }, doing: Doing): Promise<CallResult> {
    const { signal, progress, local } = doing;
    const login = this.actor.onBehalfOf;
    return settle(this.#vigie, {
      ...decision,
      login,
      signal,
      ...(progress === undefined ? {} : { progress }),
      ...(local === undefined ? {} : { local }),
    });
  }

  async countWrongPassphrase(
    attempt: { person: string } & ({ ticket: string } | { purpose: string }),
  ): Promise<{ attemptsLeft: number }> {
    const { person } = attempt;
    const login = this.actor.onBehalfOf;
    const vigie = await this.#vigie.inForce('read');
    if ('ticket' in attempt) return countWrongPassphrase(vigie, { id: attempt.ticket, person, login });
    const { changes } = await vigie.store();
    const facts = await this.#facts(vigie, { approver: person, by: login, to: attempt.purpose });
    const attemptsLeft = await changes.countWrongPassphrase({
      approver: person,
      audit: { event: 'wrong_passphrase', facts },
    });
    return { attemptsLeft };
  }

  async prepareStatement(asked: AskedAct): Promise<PreparedStatement> {
    return prepareStatement(await this.#vigie.inForce('change'), asked);
  }

  async commitStatement(act: { signed: SignedStatement; why: string }): Promise<{ said: string }> {
    const vigie = await this.#vigie.inForce('change');
    const said = await commitStatement(vigie, { ...act, facts: await this.#facts(vigie, {}) });
    return { said };
  }

  #facts(vigie: Vigie, more: JsonObject): Promise<JsonObject> {
    return auditFacts(vigie, { actor: this.actor, more });
  }
}

function wholeSignal({ signal, gone }: Doing): AbortSignal {
  return gone === undefined ? signal : AbortSignal.any([signal, gone]);
}
