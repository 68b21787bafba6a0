import type { JsonObject } from './json.ts';
import type { Trusted, Written } from './trusted-text.ts';

/**
 * Every error code, with the sentence that says when it happens. docs/errors.md is generated from this list.
 * Refusals are no errors: a call that policy, a person or an open approval stops ends with a status of its own.
 */
export const errorCatalogue = {
  UNKNOWN_TOOL: 'The called tool does not exist or is not offered here. details: nearest.',
  INVALID_INPUT: 'An argument is missing, unknown or malformed. details: issues, one per field.',
  INVALID_MANIFEST:
    'A manifest cannot be parsed or has a field its kind does not know. details: line, column, field.',
  INVALID_CONFIG:
    'vigie.yaml or the approvers file cannot be read, breaks a rule or lies in the working directory. details: file, line, field.',
  UNKNOWN_ENVIRONMENT:
    'The named environment is not configured, or none was named where several are. details: environments.',
  UNKNOWN_KIND: 'The cluster serves no such kind. details: nearest.',
  NOT_FOUND: 'The named object does not exist.',
  NOT_CONFIGURED: 'The environment has no such system. details: environment, system.',
  ALREADY_EXISTS: 'An object of that name exists already.',
  CONFLICT:
    'The object was changed by somebody else meanwhile. details: owners and fields where another manager owns them.',
  FORBIDDEN:
    'The cluster refused by its access rules (RBAC) or admission. details: verb, resource, namespace.',
  UNAUTHENTICATED: 'The cluster did not accept the credentials: missing, wrong or expired.',
  REJECTED_BY_SERVER: 'The cluster found the object invalid. details: causes, each with its field.',
  BLOCKED_BY_BUDGET: 'A PodDisruptionBudget does not allow it now.',
  NOT_STARTED:
    'A program, a thread, a command or a stream could not be started, here or in a container: nothing of it ran.',
  BACKUP:
    'A program that backs up or restores failed: what it wrote counts as nothing. details: program, code.',
  COPY_DAMAGED: 'What is stored of a backup is not what its manifest says. details: set, copy, part.',
  DESTINATION:
    'The destination of a backup cannot take or give it: full, missing or not usable. details: destination.',
  RULE_FILE:
    'A file of alerting rules cannot be read or written: full, a link, missing rights. details: path.',
  UNREACHABLE: 'No connection to the server could be made. details: server.',
  TIMEOUT: 'The server did not answer in time.',
  SERVER_ERROR: 'The server failed to answer the request as it should.',
  BAD_RESPONSE: 'The answer broke off, was too large or could not be read.',
  KUBECONFIG: 'The kubeconfig cannot be read, or its context, cluster or user is not usable. details: file.',
  CREDENTIAL_PLUGIN: 'The credential plugin of the kubeconfig failed or took too long.',
  CREDENTIALS_CHANGED:
    'The credential plugin is not the one that was trusted for this environment, or a change would run one that nobody trusted. details: environment, fingerprint.',
  OUT_OF_BOUNDS: 'The namespace or scope lies outside the environment. details: allowed.',
  READ_ONLY: 'This Vigie runs read-only.',
  WRONG_CLUSTER:
    'The cluster behind the environment is not the one the plan was made for. details: planned, found.',
  CLOCK_SKEW: 'The clock of this machine and the server differ by more than two minutes.',
  UNKNOWN_CHANGE: 'No change or ticket has that id. details: nearest.',
  TICKET_CLOSED: 'The ticket is no longer open: decided, expired or being executed.',
  NOT_AN_APPROVER: 'The person may not decide this ticket. details: groups that may.',
  WRONG_PASSPHRASE: 'The passphrase does not open the key of that approver. details: attemptsLeft.',
  BAD_SIGNATURE:
    'A signature does not fit its content, its signer is not an approver, or the approvers file is not the one that the audit knows.',
  DAEMON:
    'The daemon cannot start or be reached, its socket cannot be trusted, or the two do not speak one protocol. details: path.',
  AGENT_SOCKET: 'What was asked is for approvers alone, and this is the socket of agents.',
  APPROVER_SOCKET:
    "The caller came to the approvers' socket by a group that its process has and its account has not. details: login.",
  CALLER_UNPROVEN:
    'A caller could not show the daemon which OS user it is, or the daemon has no place for that. details: folder, why.',
  NO_TERMINAL: 'A person must answer at a terminal, and there is none.',
  NO_UNDO: 'The change has no way back, or it was undone already. details: why.',
  KILL_SWITCH: 'The kill switch is on: no change leaves this Vigie.',
  STORE: 'The store cannot be opened, read or written: no change is made without its record.',
  AUDIT_BROKEN: 'The audit chain does not fit its hashes. details: sequence.',
  SECRET: 'A secret reference cannot be resolved, or an input holds a redaction placeholder.',
  CANCELLED: 'The caller or a signal stopped the call.',
  WITNESS: 'A witness of the audit cannot be written to or read back. details: witness, why.',
  PLAYBOOK: 'A playbook cannot be read, or does not say what it must. details: file, mistakes.',
  NOT_REHEARSED:
    'A playbook that requires a rehearsal was not rehearsed in time, and nobody watches this start. details: playbook, environment, within.',
  TOO_MANY_RUNS:
    'So many runs of an environment have not ended that no further one is started. details: environment, most.',
  EXPRESSION: 'An expression of a playbook has no value: it failed, or takes or makes too much.',
  FENCED: 'Another worker has taken the run over, or it has ended: what this one does for it counts no more.',
  TOO_LARGE:
    'What a step of a playbook gave or was given is larger than a journal keeps. details: what, bytes, most.',
  SANDBOX: 'The sandbox cannot start, or does not simulate what was asked.',
  INTERNAL: 'A fault of Vigie itself. details: id, to find it in the log.',
} as const;

export type ErrorCode = keyof typeof errorCatalogue;

/** The one error: what failed, on which object and why; the hint is the next step. Messages hold no value of a secret that Vigie knows. */
export interface VigieError extends Error {
  readonly name: 'VigieError';
  readonly code: ErrorCode;
  readonly hint: Trusted | undefined;
  readonly details: JsonObject;
  /** True when the same call may succeed later without a change by the caller. */
  readonly retryable: boolean;
}

/** What is said beside the message. A hint is told a model as the next step: no text from outside can stand in one. */
interface More<Hint extends string> {
  /** Written out here, or made with `trusted`. */
  hint?: Written<Hint>;
  details?: JsonObject;
  retryable?: boolean;
  cause?: unknown;
}

interface VigieErrorConstructor {
  new <const Hint extends string = never>(code: ErrorCode, message: string, more?: More<Hint>): VigieError;
  readonly prototype: VigieError;
}

export const VigieError: VigieErrorConstructor = class extends Error implements VigieError {
  override readonly name = 'VigieError';
  readonly code: ErrorCode;
  readonly hint: Trusted | undefined;
  readonly details: JsonObject;
  readonly retryable: boolean;

  constructor(
    code: ErrorCode,
    message: string,
    more: { hint?: string; details?: JsonObject; retryable?: boolean; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? {} : { cause: more.cause });
    this.code = code;
    // The type of the constructor lets no other text in.
    this.hint = more.hint as Trusted | undefined;
    this.details = more.details ?? {};
    this.retryable = more.retryable ?? false;
  }
};
