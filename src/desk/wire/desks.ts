import type { SignedApproval, SignedStatement } from '../../core/approval.ts';
import type { JsonObject } from '../../core/json.ts';
import type { CallResult } from '../../core/result.ts';
import type { ProvenAudit } from '../../pipeline/prove-audit.ts';
import type { TickReport } from '../../pipeline/tick.ts';
import type { AuditRow } from '../../store/audit-row.ts';
import type { KillSwitch } from '../../store/settings.ts';
import type { Check } from '../checks/check.ts';
import type {
  AgentDesk,
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
} from '../desk.ts';
import type { DeskConnection } from './connection.ts';

/** The desk of a daemon's agents. */
export class WireAgentDesk implements AgentDesk {
  readonly decides: boolean = false;
  protected readonly connection: DeskConnection;

  constructor(connection: DeskConnection) {
    this.connection = connection;
  }

  callTool(call: { tool: string; input: JsonObject }, doing: Doing): Promise<CallResult> {
    return this.connection.ask('callTool', { params: call, doing });
  }

  tickets(wanted: { environment?: string }): Promise<{ now: string; tickets: Ticket[] }> {
    return this.connection.ask('tickets', { params: wanted });
  }

  placeOf(change: { id: string }): Promise<{ environment: string }> {
    return this.connection.ask('placeOf', { params: change });
  }

  reject(ticket: { id: string; reason?: string }): Promise<CallResult> {
    return this.connection.ask('reject', { params: ticket });
  }

  killSwitch(): Promise<KillSwitch> {
    return this.connection.ask('killSwitch', { params: {} });
  }

  stopChanges(why: { why: string }): Promise<{ onBefore?: KillSwitch }> {
    return this.connection.ask('stopChanges', { params: why });
  }

  policy(): Promise<PolicyView> {
    return this.connection.ask('policy', { params: {} });
  }

  approvers(): Promise<ApproverView[]> {
    return this.connection.ask('approvers', { params: {} });
  }

  credentialPlugins(): Promise<PluginView[]> {
    return this.connection.ask('credentialPlugins', { params: {} });
  }

  tick(asked: { environment?: string; dryRun: boolean }, doing: Doing): Promise<TickReport> {
    return this.connection.ask('tick', { params: asked, doing });
  }

  checks(doing: Doing): Promise<Check[]> {
    return this.connection.ask('checks', { params: {}, doing });
  }

  account(): Promise<VigieAccount> {
    return this.connection.ask('account', { params: {} });
  }

  auditRows(page: { limit: number; before?: number; changeId?: string }): Promise<AuditRow[]> {
    return this.connection.ask('auditRows', { params: page });
  }

  auditVerify(expected: { head?: string }): Promise<ProvenAudit> {
    return this.connection.ask('auditVerify', { params: expected });
  }

  auditLines(page: { after: number }): Promise<{ lines: string[]; next?: number }> {
    return this.connection.ask('auditLines', { params: page });
  }
}

/** The desk of a daemon's approvers. */
export class WireApproverDesk extends WireAgentDesk implements ApproverDesk {
  override readonly decides = true;

  approverKeys(): Promise<ApproverKey[]> {
    return this.connection.ask('approverKeys', { params: {} });
  }

  review(
    ticket: { id: string; person: string },
    doing: Doing,
  ): Promise<{ shown: ShownTicket } | { result: CallResult }> {
    return this.connection.ask('review', { params: ticket, doing });
  }

  settle(decision: { id: string; by: SignedApproval }, doing: Doing): Promise<CallResult> {
    const { payload, ...proof } = decision.by;
    return this.connection.ask('settle', {
      params: { id: decision.id, by: { payload: { ...payload }, ...proof } },
      doing,
    });
  }

  countWrongPassphrase(
    attempt: { person: string } & ({ ticket: string } | { purpose: string }),
  ): Promise<{ attemptsLeft: number }> {
    return this.connection.ask('countWrongPassphrase', { params: attempt });
  }

  prepareStatement(asked: AskedAct): Promise<PreparedStatement> {
    return this.connection.ask('prepareStatement', { params: { ...asked } });
  }

  commitStatement(act: { signed: SignedStatement; why: string }): Promise<{ said: string }> {
    const { statement, ...proof } = act.signed;
    return this.connection.ask('commitStatement', {
      params: { signed: { statement: { ...statement }, ...proof }, why: act.why },
    });
  }
}
