import type { Actor } from '../core/actor.ts';
import type { ApprovalPayload, SignedApproval, SignedStatement, Statement } from '../core/approval.ts';
import type { JsonObject } from '../core/json.ts';
import type { RiskLevel } from '../core/preview.ts';
import type { CallResult } from '../core/result.ts';
import type { PluginTrust } from '../pipeline/plugin-trust.ts';
import type { ProvenAudit } from '../pipeline/prove-audit.ts';
import type { TickReport } from '../pipeline/tick.ts';
import type { AuditRow } from '../store/audit-row.ts';
import type { KillSwitch } from '../store/settings.ts';
import type { LocalEnd } from '../toolkit/local-end.ts';
import type { Check } from './checks/check.ts';

// What stands between the command line and Vigie. There are two of each desk: over the Vigie of this process, and over
// a socket to one that runs as another OS user. So everything that is handed over is JSON, beside a signal and callbacks;
// and no passphrase is ever among it: the key is derived, and the payload signed, where the person sits.

/** What goes on beside a call. */
export interface Doing {
  /** The person's own stop: ends reads at once, and a change before its next write. */
  signal: AbortSignal;
  /** Nobody is there any more to read the answer: ends reads alone, a change goes on to its end. */
  gone?: AbortSignal;
  progress?: (message: string) => void;
  /** Lines of a read that go out as they come. */
  stream?: (line: string) => void;
  /** The files and ports of this process; they are never handed over a socket, where they would be another's. */
  local?: LocalEnd;
}

/** An open ticket as a person chooses among them. Times are ISO 8601. */
export interface Ticket {
  id: string;
  environment: string;
  tool: string;
  risk: RiskLevel;
  summary: string;
  /** `deployment/web in shop` */
  targets: string[];
  actor: Actor;
  digest: string;
  createdAt: string;
  expiresAt?: string;
  reason?: string;
}

/** The policy in force, and what each environment lets go by itself. */
export interface PolicyView {
  /** SHA-256, 64 hex digits. */
  hash: string;
  /** `(none)` without a file. */
  file: string;
  /** False: every allow of a change becomes ask. */
  accepted: boolean;
  environments: { name: string; low: string; medium: string; high: string }[];
  /** What else vigie.yaml says that counts, a line each. */
  besides: readonly string[];
}

/** An approver as anybody may know them. */
export interface ApproverView {
  person: string;
  addedAt: string;
  addedBy: string;
  via: string;
  /** Ed25519, raw 32 bytes, base64. */
  publicKey: string;
}

/** What an approver's own process needs to derive their key. */
export interface ApproverKey {
  person: string;
  publicKey: string;
  /** Of the passphrase, base64. */
  salt: string;
  /** ISO 8601: after wrong passphrases nothing of this person counts until then; absent: it does. */
  pausedUntil?: string;
}

/** What a person is shown of a ticket, and exactly what approving it signs. */
export interface ShownTicket {
  screen: string;
  payload: ApprovalPayload;
  /** High risk: the person must type this name before the passphrase is asked for. */
  typeToConfirm?: string;
}

/** An act that needs an approver's signature, with what it is about. */
export type WantedAct =
  | { act: Exclude<Statement['act'], 'env-trust'> }
  | { act: 'env-trust'; environment: string };

/** Which act a person is about to sign. */
export type AskedAct = WantedAct & { approver: string };

/** How an environment stands to the command that its kubeconfig logs in with. */
export interface PluginView {
  environment: string;
  /** `none`: it runs no command; `unknown`: its kubeconfig or the command cannot be read, `why` says how. */
  state: PluginTrust['state'] | 'unknown';
  command?: string;
  path?: string;
  by?: string;
  /** ISO 8601. */
  at?: string;
  why?: string;
}

/** The OS account that a Vigie runs as, as its owner gets there. */
export interface VigieAccount {
  login: string;
  /** VIGIE_HOME. */
  home: string;
  /** HOME. */
  userHome: string;
  /** Of --config or VIGIE_CONFIG; absent: neither was named. */
  configFile?: string;
}

/** A statement ready to be signed, with the facts that the person is to read first. */
export interface PreparedStatement {
  statement: Statement;
  shows: string[];
}

/** What whoever asks for changes may do. */
export interface AgentDesk {
  /** Whether this is an ApproverDesk; `deciding` tells. */
  readonly decides: boolean;
  /** Calls a tool as the person at the terminal. Never rejects for what the caller can mend: that is a failed result. */
  callTool(call: { tool: string; input: JsonObject }, doing: Doing): Promise<CallResult>;
  /** The open tickets, and the time they were looked at. @throws VigieError UNKNOWN_ENVIRONMENT */
  tickets(wanted: { environment?: string }): Promise<{ now: string; tickets: Ticket[] }>;
  /** Which environment a change was made in. @throws VigieError UNKNOWN_CHANGE */
  placeOf(change: { id: string }): Promise<{ environment: string }>;
  /** Closes a ticket without executing it. @throws VigieError UNKNOWN_CHANGE, TICKET_CLOSED, NOT_AN_APPROVER for another's at the agents' socket */
  reject(ticket: { id: string; reason?: string }): Promise<CallResult>;
  killSwitch(): Promise<KillSwitch>;
  /** From now on no change leaves this Vigie. `onBefore`: it was so already, since then, and nothing was recorded. */
  stopChanges(why: { why: string }): Promise<{ onBefore?: KillSwitch }>;
  policy(): Promise<PolicyView>;
  approvers(): Promise<ApproverView[]>;
  /** One of each environment; nothing is run for it. */
  credentialPlugins(): Promise<PluginView[]>;
  /**
   * Does what schedules have come round for, each under its own approval. `dryRun`: says it only.
   * @throws VigieError UNKNOWN_ENVIRONMENT, STORE
   */
  tick(asked: { environment?: string; dryRun: boolean }, doing: Doing): Promise<TickReport>;
  /** What only the process that owns files and credentials can look at: its configuration, and its way to each cluster. */
  checks(doing: Doing): Promise<Check[]>;
  account(): Promise<VigieAccount>;
  /** Newest first; at most `auditPageRows`. `before`: the sequence of the last row of the page before. */
  auditRows(page: { limit: number; before?: number; changeId?: string }): Promise<AuditRow[]>;
  /** Walks the whole chain. `head`: a hash kept elsewhere, or its first eight digits or more. */
  auditVerify(expected: { head?: string }): Promise<ProvenAudit>;
  /** Rows as they were hashed, oldest first, from the one after `after`; no `next`: that was the last. */
  auditLines(page: { after: number }): Promise<{ lines: string[]; next?: number }>;
}

/** What a person who decides may do besides. */
export interface ApproverDesk extends AgentDesk {
  readonly decides: true;
  /** The approvers whom the audit knows too, with what derives their keys. @throws VigieError BAD_SIGNATURE */
  approverKeys(): Promise<ApproverKey[]>;
  /**
   * Opens a ticket for a decision. One whose effect has changed is closed, and the result comes back instead.
   * @throws VigieError UNKNOWN_CHANGE, TICKET_CLOSED, NOT_AN_APPROVER, WRONG_CLUSTER
   */
  review(
    ticket: { id: string; person: string },
    doing: Doing,
  ): Promise<{ shown: ShownTicket } | { result: CallResult }>;
  /** Verifies the approval, executes the ticket and answers the outcome. @throws VigieError BAD_SIGNATURE, TICKET_CLOSED */
  settle(decision: { id: string; by: SignedApproval }, doing: Doing): Promise<CallResult>;
  /** Counts a passphrase that did not open the key; the fifth pauses the person, and voids the ticket where there is one. */
  countWrongPassphrase(
    attempt: { person: string } & ({ ticket: string } | { purpose: string }),
  ): Promise<{ attemptsLeft: number }>;
  /** @throws VigieError NOT_AN_APPROVER, WRONG_PASSPHRASE */
  prepareStatement(asked: AskedAct): Promise<PreparedStatement>;
  /** Verifies a signed statement and makes it so; answers what is so now. @throws VigieError BAD_SIGNATURE, CONFLICT */
  commitStatement(act: { signed: SignedStatement; why: string }): Promise<{ said: string }>;
}

/** Whether a person can decide at this desk. */
export function deciding(desk: AgentDesk): desk is ApproverDesk {
  return desk.decides;
}

/** More rows in one answer are asked for page by page. */
export const auditPageRows = 200;
