import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { osUser } from '../../src/config/os-user.ts';
import { Apart, cannotBeApart, passphrase as passphraseApart } from '../support/apart.ts';
import { CliHome } from '../support/command-line.ts';
import { PseudoTerminal } from '../support/pseudo-terminal.ts';

// What docs/guides/trust.md shows of the command line, on one account (`you$`) and through a daemon (`agent$`, `alice$`).

const file = 'docs/guides/trust.md';
const fence = /```console\n(you|agent|alice)\$ vigie ([^\n]*)\n([\s\S]*?)```/g;
const install = resolve(import.meta.dirname, '..', '..');
const own = 'a long passphrase of my own';

type Show = (words: string[]) => Promise<string>;

let home: CliHome;
let apart: Apart | undefined;

beforeAll(async () => {
  home = await CliHome.make({ policy: '{low: ask, medium: ask, high: ask}' });
  const terminal = new PseudoTerminal(
    home.command('approvers', 'add', 'alice', '--own-passphrase'),
    home.env,
  );
  for (const _time of ['once', 'again']) {
    await terminal.until(': ');
    terminal.type(`${own}\r`);
  }
  await terminal.ended();
  expect(terminal.shown).toContain('alice is an approver');
  terminal.close();
  if (cannotBeApart === undefined) {
    apart = await Apart.make();
    await apart.start();
  }
});
afterAll(async () => {
  await home.remove();
  await apart?.remove();
});

test('the guide shows both set-ups', () => {
  const prompts = [...readFileSync(file, 'utf8').matchAll(fence)].map(found => found[1]);
  expect(new Set(prompts)).toEqual(new Set(['you', 'agent', 'alice']));
});

test('one account: the guide shows what its commands print', async () => {
  await remake({
    you: async words => {
      const shown =
        words[0] === 'approve'
          ? await untilDecided(new PseudoTerminal(home.command(...words), home.env), own)
          : whole(await home.run(...words));
      return steady(shown, { [home.dir]: '~', [osUser()]: 'you', root: 'you' });
    },
  });
});

test.skipIf(cannotBeApart !== undefined)(
  `a daemon: the guide shows what its commands print${cannotBeApart === undefined ? '' : ` (skipped: ${cannotBeApart})`}`,
  async () => {
    if (apart === undefined) throw new Error('no daemon was started');
    const { accounts, dir, run, home: store } = apart;
    const names = {
      [run]: '/run/vigie',
      [store]: '/var/lib/vigie',
      [`${dir}/etc`]: '/etc/vigie',
      [`uid ${accounts.daemon.uid}`]: 'uid 990',
      [accounts.daemon.login]: 'vigie',
      [accounts.agent.login]: 'agent',
      [accounts.approver.login]: 'alice',
    };
    const as = (account: typeof accounts.agent): Show => {
      const running = apart;
      return async words =>
        steady(
          words[0] === 'approve' && account === accounts.approver
            ? await untilDecided(running!.atTerminal(account, ...words), passphraseApart)
            : whole(await running!.vigie(account, ...words)),
          names,
        );
    };
    await remake({ agent: as(accounts.agent), alice: as(accounts.approver) });
  },
);

/** Runs the commands of these people anew, in the guide's order, and compares (or, with UPDATE_GOLDEN=1, writes). */
async function remake(people: Record<string, Show>): Promise<void> {
  const text = readFileSync(file, 'utf8');
  let made = '';
  let from = 0;
  let ticket = '';
  for (const found of text.matchAll(fence)) {
    const [, person = '', line = ''] = found;
    const show = people[person];
    if (show === undefined) continue;
    const output = await show(line.split(' ').map(word => (word === 'TICKET' ? ticket : word)));
    ticket = /\b(?:Ticket|Change {7}) ?(\w{8})\b/.exec(output)?.[1] ?? ticket;
    const told = ticket === '' ? output : output.replaceAll(ticket, 'TICKET');
    made += `${text.slice(from, found.index)}\`\`\`console\n${person}$ vigie ${line}\n${told}\`\`\``;
    from = found.index + found[0].length;
  }
  made += text.slice(from);
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, made);
  expect(readFileSync(file, 'utf8')).toBe(made);
}

/** What a terminal shows until the change is done, with everything typed that it asks for. */
async function untilDecided(terminal: PseudoTerminal, passphrase: string): Promise<string> {
  try {
    await terminal.readOnUntil('Passphrase of alice');
    terminal.type(`${passphrase}\r`);
    expect(await terminal.ended(), terminal.shown).toBe(0);
    return (
      terminal.shown
        .replaceAll('\r', '')
        // What a terminal writes over again: a full screen's question, and what goes on meanwhile.
        .replace(/-- \d+ more lines?: any key goes on, q leaves --/g, '')
        .replace(
          /[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] (?:planning and previewing again|[^⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏\n]*?(?:pods available|accepted)(?=[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]|done:))/g,
          '',
        )
    );
  } finally {
    terminal.close();
  }
}

function whole({ stdout, stderr }: { stdout: string; stderr: string }): string {
  return `${stdout}${stderr}`;
}

/** What differs from run to run and from machine to machine by nature. */
function steady(output: string, names: Record<string, string>): string {
  // Whose the files of this checkout are, and what is to be done about it.
  let text = output.replace(/^ {2}\S [^\n]*Vigie's own files in [^\n]*\n(?: {6}[^\n]*\n)?/gm, '');
  for (const [given, shown] of Object.entries(names))
    text = /^\w+$/.test(given)
      ? text.replace(new RegExp(`\\b${given}\\b`, 'g'), shown)
      : text.replaceAll(given, shown);
  return `${text
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '2026-11-21T10:00:00Z')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '2f1c…')
    .replace(/\b[0-9a-f]{64}\b/g, 'c0ffee…')
    .replace(/\b[0-9a-f]{16}\b/g, 'c0ffee…')
    .replace(/\buid (?!990)\d+/g, 'uid 1000')
    .replace(/(?<= from )\S.* > .*$/gm, 'bash > vigie')
    .replace(/(?<=ours differ by )\d+ s/g, '0 s')
    .replace(/(?<=last looked at )\d+ s/g, '0 s')
    .replaceAll(install, '/opt/vigie')
    .replace(/:\/\/127\.0\.0\.1:\d+/g, '://127.0.0.1:6443')
    .replace(/[ \t]+$/gm, '')
    .trimEnd()}\n`;
}
