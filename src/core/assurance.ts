import type { Actor, Assurance } from './actor.ts';

/** Why an approval is worth no more, in words for a person, and what to do about it. */
export interface AssuranceReason {
  why: string;
  todo: string;
}

/** What an approval is worth here, and why not more. */
export interface Worth {
  assurance: Assurance;
  /** Empty exactly where it is `separated`. */
  reasons: readonly AssuranceReason[];
  /** The logins whose rights were judged, of those that may reach the agents' socket; empty where there is none. */
  askers: readonly string[];
  /** The logins that may reach the approvers' socket; empty where there is none. */
  deciders: readonly string[];
  /** The logins, none of these, that came to the approvers' socket all the same; absent: none did. */
  strays?: readonly string[];
}

/**
 * What an approval of something that this actor asked for is worth. Two sides that are apart are one again where the
 * asker's own account may decide, or was seen at the deciders' door; and nobody can tell what an account may reach that was not looked at: root, the
 * daemon's own, one that no database lists, or whoever calls over HTTP.
 */
export function worthFor(worth: Worth, actor: Actor): Worth {
  if (worth.assurance === 'advisory') return worth;
  if (actor.via === 'mcp-http')
    return advisory(worth, {
      why: 'it was asked for over HTTP, where accounts cannot be told apart',
      todo: 'Let agents ask over the agent socket.',
    });
  if (worth.deciders.includes(actor.onBehalfOf))
    return advisory(worth, {
      why: `it was asked for from ${actor.onBehalfOf}, an account that may reach the approvers' socket`,
      todo: 'Let agents run as an account of their own.',
    });
  if (worth.strays?.includes(actor.onBehalfOf) === true)
    return advisory(worth, {
      why: `it was asked for from ${actor.onBehalfOf}, whose process came to the approvers' socket by a group that the account has not`,
      todo: 'See what lends it the group (SupplementaryGroups=, --group-add, sg), then: systemctl restart vigie',
    });
  if (!worth.askers.includes(actor.onBehalfOf))
    return advisory(worth, {
      why: `it was asked for from ${actor.onBehalfOf}, which is not among the accounts that were looked at`,
      todo: 'Let agents run as an account of their own, which getent passwd lists; not as root, nor as the daemon.',
    });
  return worth;
}

function advisory(worth: Worth, reason: AssuranceReason): Worth {
  return { ...worth, assurance: 'advisory', reasons: [reason] };
}
