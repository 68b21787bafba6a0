import { canonicalJson, isObject, type Json, type JsonObject } from './json.ts';

/** What a person signs when approving. Everything that could be swapped between seeing and executing is in it. */
export interface ApprovalPayload {
  v: 1;
  ticket: string;
  /** The plan's digest, 64 hex digits. */
  digest: string;
  environment: string;
  /** Canonical text of the cluster's identity. */
  cluster: string;
  decision: 'approve';
  /** The person as named in the approvers file. */
  approver: string;
  /** ISO 8601; a signature is worth nothing after it. */
  expiresAt: string;
  policyHash: string;
  /** Hash of the newest audit row that the person could know of: an approval pins the past. */
  auditHead: string;
}

/** An approval as it travels and is kept. `publicKey` says which key; whether it is an approver's, the approvers file says. */
export interface SignedApproval {
  payload: ApprovalPayload;
  /** Ed25519, base64. */
  signature: string;
  /** Raw 32 bytes, base64. */
  publicKey: string;
}

/** What may stand for a person's signature: a sandbox's own answer, or an MCP client's prompt where policy allows it. Neither counts as a named approver. */
interface UnsignedApproval {
  unsigned: 'sandbox' | 'unauthenticated-client' | 'policy';
  /** Who or what answered. */
  by: string;
}

/** What settles a ticket. */
export type Approval = SignedApproval | UnsignedApproval;

/** Who decided, as records name it; an unsigned answer is never mistaken for a person's name. */
export function deciderOf(approval: Approval): string {
  return 'unsigned' in approval ? `${approval.unsigned}:${approval.by}` : approval.payload.approver;
}

/** Other acts that need an approver's signature. `at` is ISO 8601. */
export type Statement =
  /** `lifts`: hash of the newest audit row about the switch, so that it lifts no later one. */
  | { v: 1; act: 'kill-switch-off'; approver: string; at: string; auditHead: string; lifts: string }
  /** `follows`: hash of the newest audit row of an accepted policy, so that it is good for one place in their order. */
  | {
      v: 1;
      act: 'policy-accept';
      approver: string;
      at: string;
      auditHead: string;
      policyHash: string;
      follows: string;
    }
  /** `follows`: hash of the newest audit row about this environment's plugin. */
  | {
      v: 1;
      act: 'env-trust';
      approver: string;
      at: string;
      auditHead: string;
      environment: string;
      /** Of the credential plugin: `SETUP:FILE`, 64 hex digits each. */
      fingerprint: string;
      follows: string;
    };

/** A statement as its audit row keeps it: the row is the record, and what is not signed in it counts for nothing. */
export interface SignedStatement {
  statement: Statement;
  /** Ed25519, base64. */
  signature: string;
  /** Raw 32 bytes, base64. */
  publicKey: string;
}

/** What a signature is for: an approval of a ticket, a statement, or an entry of the approvers file. */
type SignedFor = 'approval' | 'statement' | 'approvers';

/**
 * The exact text that is signed: what it is for on a line of its own, so that nobody who has one signed has another; then
 * canonical JSON, so that one content has one text.
 */
export function signedText(what: SignedFor, content: object): string {
  return `vigie-${what}-v1\n${canonicalJson(content)}`;
}

/** A signed approval as a record holds it; undefined for anything else. */
export function approvalIn(value: Json | undefined): SignedApproval | undefined {
  if (!isObject(value) || !isObject(value['payload'])) return undefined;
  const { signature, publicKey } = value;
  const payload = payloadIn(value['payload']);
  if (typeof signature !== 'string' || typeof publicKey !== 'string' || payload === undefined)
    return undefined;
  return { payload, signature, publicKey };
}

function payloadIn(value: JsonObject): ApprovalPayload | undefined {
  const { v, decision, ticket, digest, environment, cluster, approver, expiresAt, policyHash, auditHead } =
    value;
  if (v !== 1 || decision !== 'approve') return undefined;
  if (typeof ticket !== 'string' || typeof digest !== 'string' || typeof environment !== 'string')
    return undefined;
  if (typeof cluster !== 'string' || typeof approver !== 'string' || typeof expiresAt !== 'string')
    return undefined;
  if (typeof policyHash !== 'string' || typeof auditHead !== 'string') return undefined;
  // Made of these fields alone: a payload that says more fails its signature.
  return { v, decision, ticket, digest, environment, cluster, approver, expiresAt, policyHash, auditHead };
}

/** The signed statement in the facts of an audit row; undefined where there is none. */
export function statementIn(facts: JsonObject): SignedStatement | undefined {
  const { statement, signature, publicKey } = facts;
  if (!isObject(statement) || typeof signature !== 'string' || typeof publicKey !== 'string')
    return undefined;
  const { act, approver, at, auditHead, policyHash, follows, lifts, environment, fingerprint } = statement;
  if (typeof approver !== 'string' || typeof at !== 'string' || typeof auditHead !== 'string')
    return undefined;
  const signed = { v: 1, approver, at, auditHead } as const;
  // Made of these fields alone: a statement that says more fails its signature.
  if (act === 'policy-accept' && typeof policyHash === 'string' && typeof follows === 'string')
    return { statement: { ...signed, act, policyHash, follows }, signature, publicKey };
  if (act === 'kill-switch-off' && typeof lifts === 'string')
    return { statement: { ...signed, act, lifts }, signature, publicKey };
  const ofPlugin = typeof environment === 'string' && typeof fingerprint === 'string';
  if (act === 'env-trust' && ofPlugin && typeof follows === 'string')
    return { statement: { ...signed, act, environment, fingerprint, follows }, signature, publicKey };
  return undefined;
}
