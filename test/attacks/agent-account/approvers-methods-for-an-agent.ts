import { join } from 'node:path';
import { deriveKey, newSalt } from '../../../src/config/signing.ts';
import { type ApprovalPayload, signedText } from '../../../src/core/approval.ts';
import { passphrase } from '../../support/apart.ts';
import { defineAttack, judge } from '../attack.ts';
import { startApart, writesOf } from './daemon-ground.ts';

export const approversMethodsForAnAgent = defineAttack({
  name: 'approvers-methods-for-an-agent',
  adversary: 'an agent on an account of its own',
  does: "Asks the daemon at the agents' socket for all that approvers do, with a forged signature, and runs `vigie approve` with the right passphrase.",
  must: 'Every such call is refused as AGENT_SOCKET and in the audit, the ticket stays open, nothing is written.',
  needs: 'accounts',
  async run(ground) {
    const { apart, id } = await startApart(ground);
    const { agent } = apart.accounts;
    const hash = 'a'.repeat(64);
    const payload: ApprovalPayload = {
      v: 1,
      ticket: id,
      digest: hash,
      environment: 'test',
      cluster: '{}',
      decision: 'approve',
      approver: 'alice',
      expiresAt: '2101-01-01T00:00:00.000Z',
      policyHash: hash,
      auditHead: hash,
    };
    const key = await deriveKey({ passphrase: 'mallory owns this place now', salt: newSalt() });
    const by = { payload, signature: key.sign(signedText('approval', payload)), publicKey: key.publicKey };
    const calls = [
      ['approverKeys', {}],
      ['review', { id, person: 'alice' }],
      ['settle', { id, by }],
      ['countWrongPassphrase', { person: 'alice', ticket: id }],
      ['prepareStatement', { act: 'policy-accept', approver: 'alice' }],
      ['commitStatement', { signed: { ...by, statement: {} }, why: 'because' }],
      ['addApprover', { person: 'mallory' }],
      ['setPolicy', { low: 'allow' }],
    ];
    const socket = join(apart.run, 'agent', 'agent.sock');
    const program = join(import.meta.dirname, 'processes', 'ask-as-agent.ts');
    const said = apart.node(agent, [program, socket, JSON.stringify(calls)]) as Record<string, string>;
    const terminal = apart.atTerminal(agent, 'approve', id);
    ground.onEnd(() => terminal.close());
    terminal.type(`${passphrase}\r`);
    const status = await terminal.ended();
    const audit = await apart.vigie(agent, 'audit', 'list', '-o', 'json');
    const open = await apart.vigie(agent, 'approvals', '-o', 'json');
    const codes = Object.values(said);
    return judge(`${codes.join(' ')}; approve ended with ${status}`, {
      'what approvers do is not for this socket': codes.slice(0, 6).every(code => code === 'AGENT_SOCKET'),
      'there is nothing else': codes.slice(6).every(code => code === 'DAEMON'),
      'approve decides nothing there': status !== 0 && /nothing is decided there/.test(terminal.shown),
      'the audit has a row': /"event": "refused"/.test(audit.stdout),
      'the ticket is open': open.stdout.includes(id),
      'nothing was written': writesOf(apart).length === 0,
    });
  },
});
