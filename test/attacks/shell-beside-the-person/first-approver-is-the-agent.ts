import { defineAttack, judge } from '../attack.ts';
import { decide, propose } from '../person.ts';

export const firstApproverIsTheAgent = defineAttack({
  name: 'first-approver-is-the-agent',
  adversary: 'a shell beside the person',
  does: 'Makes itself the first approver of a fresh installation on a terminal of its own, and approves its own change.',
  must: 'One account cannot tell it from a person: every approval of the first week says who was added when and from which processes, doctor says that nobody else signed for it, and the audit has the row.',
  undefended: true,
  needs: 'script',
  async run(ground) {
    const cluster = await ground.cluster();
    const passphrase = await ground.approver('root-of-all');
    const { status, shown } = await decide(ground, { id: await propose(ground), passphrase });
    const [doctor, audit] = await Promise.all([
      ground.run('doctor'),
      ground.run('audit', 'list', '-o', 'json'),
    ]);
    const note = /Note\s+approver root-of-all was added at \S+ from (.*)/.exec(shown)?.[1]?.trim();
    return judge(
      `approve ended with ${status}; noted: added from … > ${note?.split(' > ').slice(-3).join(' > ') ?? 'nowhere'}`,
      {
        'it approved': status === 0 && cluster.writes().length === 1,
        'the screen says who was added and from where': note !== undefined && note.includes('script'),
        'it calls the approval advisory': /Approval\s+advisory/.test(shown),
        'doctor says that nobody else signed': /signed by nobody else/.test(doctor.stdout),
        'the audit has the row': /"event": "approver_added"/.test(audit.stdout),
      },
    );
  },
});
