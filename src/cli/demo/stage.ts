import { VigieError } from '../../core/errors.ts';
import type { Vigie } from '../../pipeline/vigie.ts';
import { Progress } from '../progress.ts';
import type { Session } from '../session.ts';
import { type DemoHome, makeDemoHome } from './home.ts';
import { McpClient } from './mcp-client.ts';

/** Who plays in a demo: Vigie as a person uses it, an assistant over MCP, and a simulated cluster of their own. */
export interface Cast {
  /** The home of the demo, which holds nothing of the user's. */
  dir: string;
  vigie: Vigie;
  agent: McpClient;
  sandbox: DemoHome['sandbox'];
}

/** What is told, and what the home must hold for it beside the cluster; absent: nothing. */
interface Play {
  tell: (cast: Cast) => Promise<number>;
  /** Answers what vigie.yaml is to say below the environment. */
  furnish?: (dir: string) => Promise<string>;
}

/** Makes all that a demo needs, tells it, and leaves nothing behind, with Ctrl-C neither. Answers what the telling answers. */
export async function onStage(session: Session, { tell, furnish = async () => '' }: Play): Promise<number> {
  const { program, terminal, signal } = session;
  const starting = new Progress(terminal, 'silent');
  starting.say('starting a simulated cluster');
  const home = await makeDemoHome(program.self, furnish);
  let agent: McpClient | undefined;
  try {
    refuseStopped(signal);
    const vigie = await program.open({ door: 'cli', configFile: home.configFile, ownSandbox: home.sandbox });
    session.vigie = vigie;
    try {
      agent = await McpClient.start(
        [...program.self, 'serve', '--stdio', '--config', home.configFile],
        process.env,
      );
      refuseStopped(signal);
      starting.end();
      return await Promise.race([
        tell({ dir: home.dir, vigie, agent, sandbox: home.sandbox }),
        stopped(signal),
      ]);
    } finally {
      await vigie.close();
    }
  } finally {
    starting.end();
    await agent?.close();
    await home.end();
  }
}

function refuseStopped(signal: AbortSignal): void {
  if (signal.aborted) throw cancelled();
}

/** Never ends well: whatever is told meanwhile loses its cluster. */
function stopped(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(cancelled()), { once: true });
  });
}

function cancelled(): VigieError {
  return new VigieError('CANCELLED', 'The demo was stopped; nothing of it is left.');
}
