import { account } from './account.ts';
import { approverKeys } from './approver-keys.ts';
import { approvers } from './approvers.ts';
import { auditLines } from './audit-lines.ts';
import { auditRows } from './audit-rows.ts';
import { auditVerify } from './audit-verify.ts';
import { callTool } from './call-tool.ts';
import { checks } from './checks.ts';
import { commitStatement } from './commit-statement.ts';
import { countWrongPassphrase } from './count-wrong-passphrase.ts';
import { credentialPlugins } from './credential-plugins.ts';
import { killSwitch } from './kill-switch.ts';
import type { Method } from './method.ts';
import { placeOf } from './place-of.ts';
import { policy } from './policy.ts';
import { prepareStatement } from './prepare-statement.ts';
import { reject } from './reject.ts';
import { review } from './review.ts';
import { settle } from './settle.ts';
import { stopChanges } from './stop-changes.ts';
import { tick } from './tick.ts';
import { tickets } from './tickets.ts';

/** Everything that can be asked over a socket, but `mcp`, which is another protocol. */
export const methods: readonly Method[] = [
  callTool,
  tickets,
  tick,
  placeOf,
  reject,
  killSwitch,
  stopChanges,
  policy,
  approvers,
  credentialPlugins,
  checks,
  account,
  auditRows,
  auditVerify,
  auditLines,
  approverKeys,
  review,
  settle,
  countWrongPassphrase,
  prepareStatement,
  commitStatement,
];
