import type { CommandEntry } from './entry.ts';

/** Every handwritten command; what a tool does is a command by itself. The order is the help's. */
export const commandEntries: readonly CommandEntry[] = [
  {
    name: 'init',
    group: 'Start:',
    summary: 'Write a commented vigie.yaml and show how to connect an assistant.',
    load: async () => (await import('./init.ts')).define,
  },
  {
    name: 'demo',
    group: 'Start:',
    summary: 'See one change go the whole way, in a simulated cluster of its own.',
    load: async () => (await import('./demo.ts')).define,
  },
  {
    name: 'doctor',
    group: 'Start:',
    summary: 'Check this installation and each environment, and say what to do.',
    load: async () => (await import('./doctor.ts')).define,
  },
  {
    name: 'serve',
    group: 'Start:',
    summary: 'Serve the tools to an assistant over MCP.',
    load: async () => (await import('./serve.ts')).define,
  },
  {
    name: 'daemon',
    group: 'Start:',
    summary: 'Serve this machine over two sockets, for agents and for approvers.',
    load: async () => (await import('./daemon.ts')).define,
  },
  {
    name: 'approvals',
    group: 'Decide:',
    summary: 'List the tickets that wait for a person.',
    load: async () => (await import('./approvals.ts')).define,
  },
  {
    name: 'approve',
    group: 'Decide:',
    summary: 'Show a ticket whole, ask, apply, verify.',
    load: async () => (await import('./approve.ts')).define,
  },
  {
    name: 'reject',
    group: 'Decide:',
    summary: 'Close a ticket without applying it.',
    load: async () => (await import('./reject.ts')).define,
  },
  {
    name: 'undo',
    group: 'Decide:',
    summary: 'Take a finished change back, as a change of its own.',
    load: async () => (await import('./undo.ts')).define,
  },
  {
    name: 'kill-switch',
    group: 'Decide:',
    summary: 'Stop every change at once, or let them go again.',
    load: async () => (await import('./kill-switch.ts')).define,
  },
  {
    name: 'approvers',
    group: 'Trust:',
    summary: 'Add, list and remove the people whose signature counts.',
    load: async () => (await import('./approvers.ts')).define,
  },
  {
    name: 'policy',
    group: 'Trust:',
    summary: 'Show or accept the policy in force.',
    load: async () => (await import('./policy.ts')).define,
  },
  {
    name: 'env',
    group: 'Trust:',
    summary: 'Show and trust the command that an environment logs in with.',
    load: async () => (await import('./env.ts')).define,
  },
  {
    name: 'audit',
    group: 'Trust:',
    summary: 'Read, prove and export the record of every change.',
    load: async () => (await import('./audit.ts')).define,
  },
  {
    name: 'tokens',
    group: 'Trust:',
    summary: 'Add, list and remove the tokens of clients that call over HTTP.',
    load: async () => (await import('./tokens.ts')).define,
  },
  {
    name: 'playbooks',
    group: 'More:',
    summary: 'Write and check playbooks: several steps as one file.',
    load: async () => (await import('./playbooks.ts')).define,
  },
  {
    name: 'run',
    group: 'More:',
    summary: 'Run a playbook here, and wait with it for whoever approves.',
    load: async () => (await import('./run.ts')).define,
  },
  {
    name: 'runs',
    group: 'More:',
    summary: 'Show, end, hold and repeat runs of playbooks.',
    load: async () => (await import('./runs.ts')).define,
  },
  {
    name: 'worker',
    group: 'More:',
    summary: 'Go on with runs of playbooks, and start what starts by itself.',
    load: async () => (await import('./worker.ts')).define,
  },
  {
    name: 'triggers',
    group: 'More:',
    summary: 'Show what starts playbooks by itself, and try an alert.',
    load: async () => (await import('./triggers.ts')).define,
  },
  {
    name: 'sandbox',
    group: 'More:',
    summary: 'Serve a simulated cluster for kubectl or for trying things.',
    load: async () => (await import('./sandbox.ts')).define,
  },
  {
    name: 'completion',
    group: 'More:',
    summary: 'Print the completion script of a shell.',
    load: async () => (await import('./completion.ts')).define,
  },
  {
    name: 'complete',
    group: 'More:',
    summary: 'Answers the completion script.',
    hidden: true,
    load: async () => (await import('./complete.ts')).define,
  },
  {
    name: 'version',
    group: 'More:',
    summary: 'Print the versions of Vigie and Node.js.',
    load: async () => (await import('./version.ts')).define,
  },
];

/** Handwritten commands below a family of tools: what is done there and is no tool. */
export const familyCommands: Readonly<Record<string, readonly Omit<CommandEntry, 'group'>[]>> = {
  backups: [
    {
      name: 'tick',
      summary: 'Do what schedules of backups have come round for; cron calls it.',
      load: async () => (await import('./backups-tick.ts')).define,
    },
  ],
};
