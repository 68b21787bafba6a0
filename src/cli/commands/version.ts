import type { DefineCommand } from './entry.ts';

export const define: DefineCommand = (command, session) => {
  command.action(async () => {
    await session.terminal.write(`vigie ${session.program.version} (Node.js ${process.versions.node})\n`);
  });
};
