import { homedir } from 'node:os';
import { type Check, checksOf } from '../../desk/checks/check.ts';
import type { AgentDesk } from '../../desk/desk.ts';
import type { FoundDaemon } from '../../desk/wire/find-daemon.ts';
import { worthChecks } from './installation.ts';
import { ownHomeChecks } from './own-home.ts';
import { witnessChecks } from './witnesses.ts';

const area = 'daemon';

/** What this account's commands go to, what an approval is worth there, and how its records stand. */
export async function* daemonChecks(
  { socket, connection }: FoundDaemon,
  { desk, version, signal }: { desk: AgentDesk; version: string; signal: AbortSignal },
): AsyncIterable<Check> {
  const { login, daemonUid, assurance, reasons } = connection.welcomed;
  const side = socket.kind === 'agent' ? 'asks' : 'decides';
  yield {
    area,
    state: 'fine',
    what: `commands of this account go to ${socket.path}, to a daemon that runs as uid ${daemonUid}; it takes us for ${login}, who ${side}`,
  };
  if (connection.version === version) yield { area, state: 'fine', what: `both are vigie ${version}` };
  else
    yield {
      area,
      state: 'note',
      what: `it is vigie ${connection.version}, and this is ${version}`,
      todo: 'Install one version, then: systemctl restart vigie',
    };
  yield* worthChecks({ assurance, reasons }, area);
  if (socket.kind === 'approver') yield* ownHomeChecks(homedir(), area);
  yield* recordChecks(desk);
  yield {
    area,
    state: 'fine',
    what: 'files of this account are not looked at: they count only where --config names them',
  };
  yield* checksOf(area, async function* () {
    yield* await desk.checks({ signal });
  });
}

async function* recordChecks(desk: AgentDesk): AsyncIterable<Check> {
  const approvers = await desk.approvers();
  if (approvers.length > 0)
    yield { area, state: 'fine', what: `approvers: ${approvers.map(({ person }) => person).join(', ')}` };
  else
    yield {
      area,
      state: 'wrong',
      what: 'no approver: nobody can let a change go',
      todo: 'As the account of the daemon, with its VIGIE_HOME (docs/guides/trust.md): vigie approvers add NAME',
    };
  const policy = await desk.policy();
  const hash = policy.hash.slice(0, 16);
  if (policy.accepted) yield { area, state: 'fine', what: `policy ${hash} is accepted` };
  else
    yield {
      area,
      state: 'note',
      what: `policy ${hash} is not accepted: every allow of a change asks`,
      todo: 'An approver runs: vigie policy accept',
    };
  const { on, by, why } = await desk.killSwitch();
  if (!on) yield { area, state: 'fine', what: 'the kill switch is off' };
  else
    yield {
      area,
      state: 'note',
      what: `the kill switch is on, by ${by}${why === '' ? '' : `: ${why}`}; no change leaves this Vigie`,
      todo: 'An approver runs: vigie kill-switch off',
    };
  const verdict = await desk.auditVerify({});
  if (verdict.ok)
    yield {
      area,
      state: 'fine',
      what: `the audit is whole: ${verdict.rows} rows, head ${verdict.head.slice(0, 16)}`,
    };
  else
    yield {
      area,
      state: 'wrong',
      what: `the audit is broken at row ${verdict.sequence}: ${verdict.what}`,
      todo: 'Compare it with an exported copy: vigie audit export',
    };
  if (verdict.ok)
    yield* witnessChecks(verdict.witnesses, {
      area,
      rows: verdict.rows,
      at: async sequence => (await desk.auditRows({ limit: 1, before: sequence + 1 }))[0]?.at,
    });
}
