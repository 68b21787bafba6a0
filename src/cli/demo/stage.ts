import type { Vigie } from '../../pipeline/vigie.ts';
import { Progress } from '../progress.ts';
import type { Session } from '../session.ts';
import { type DemoHome, makeDemoHome } from './home.ts';
import { McpClient } from './mcp-client.ts';

/** Who plays in a demo: Vigie as a person uses it, an assistant over MCP, and a simulated cluster of their own. */
export interface Cast {
  vigie: Vigie;
  agent: McpClient;
  sandbox: DemoHome['sandbox'];
}

/** Makes all that a demo needs, tells it, and leaves nothing behind. Answers what the telling answers. */
export async function onStage(session: Session, tell: (cast: Cast) => Promise<number>): Promise<number> {
  const { program, terminal } = session;
  const starting = new Progress(terminal, 'silent');
  starting.say('starting a simulated cluster');
  const home = await makeDemoHome(program.self);
  let agent: McpClient | undefined;
  try {
    const vigie = await program.open({ door: 'cli', configFile: home.configFile, ownSandbox: home.sandbox });
    session.vigie = vigie;
    try {
      agent = await McpClient.start(
        [...program.self, 'serve', '--stdio', '--config', home.configFile],
        process.env,
      );
      starting.end();
      return await tell({ vigie, agent, sandbox: home.sandbox });
    } finally {
      await vigie.close();
    }
  } finally {
    starting.end();
    await agent?.close();
    await home.end();
  }
}
