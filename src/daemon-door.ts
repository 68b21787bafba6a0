import { dirname } from 'node:path';
import { buildVigie } from './app.ts';
import type { Surroundings } from './connections.ts';
import { worthFor } from './core/assurance.ts';
import { ApproveGate } from './daemon/approve-gate.ts';
import { socketPaths } from './daemon/folders.ts';
import { listen } from './daemon/listener.ts';
import { Refusals } from './daemon/refusals.ts';
import { LocalDesk } from './desk/local.ts';
import { wireLimits } from './desk/wire/protocol.ts';
import type { SocketKind } from './desk/wire/trusted-socket.ts';
import { narrowVigie } from './server/narrow-vigie.ts';
import { serveStdio } from './server/stdio.ts';
import { listingOf } from './toolkit/listing.ts';
import { toolsOf } from './tools/toolsets.ts';

/** Opens the two sockets over a Vigie of this process, which owns credentials, policy, store and approvers. */
export async function openDaemon(
  options: { run: string; configFile?: string },
  around: Surroundings,
): Promise<{ paths: Record<SocketKind, string>; close(): Promise<void> }> {
  const { run, configFile } = options;
  const paths = await socketPaths(run);
  const strays = new Set<string>();
  const sockets = { agent: dirname(paths.agent), approve: dirname(paths.approver), strays };
  const vigie = await buildVigie(
    { door: 'daemon', sockets, ...(configFile === undefined ? {} : { configFile }) },
    around,
  );
  try {
    // What keeps it from working is said now, and not to the first caller.
    await vigie.store();
    const refusals = { agent: new Refusals(vigie, 'agent'), approver: new Refusals(vigie, 'approver') };
    const gate = new ApproveGate(vigie, { folder: sockets.approve, strays, refusals: refusals.approver });
    const stopping = new AbortController();
    const listener = await listen({
      paths,
      doorOf: kind => ({
        version: vigie.version,
        log: vigie.log,
        admit: async caller => {
          if (kind === 'approver') await gate.admit(caller);
          const { login } = caller;
          const desk = new LocalDesk(vigie, { login, answerBytes: wireLimits.answerBytes, socket: kind });
          const { worth } = await vigie.inForce('read');
          // Whoever asks is told what it is worth for them; whoever decides, what it is for those who ask.
          const { assurance, reasons } = kind === 'agent' ? worthFor(worth, desk.actor) : worth;
          return { desk, assurance, reasons };
        },
        refused: (caller, method) => refusals[kind].record(caller, method),
        ...(kind === 'agent' && {
          mcp: (asked, caller) => {
            // A family that does not exist is told at once.
            toolsOf(asked.toolsets, { readOnly: true });
            const seen = narrowVigie(vigie, { ...asked, shownAlone: true });
            return async ({ input, output }) => {
              // Of this connection alone: a daemon lives long, and must hold on to nothing of clients that have gone.
              const stop = new AbortController();
              const stopNow = () => stop.abort();
              if (stopping.signal.aborted) stopNow();
              stopping.signal.addEventListener('abort', stopNow);
              try {
                await serveStdio({
                  version: vigie.version,
                  open: async () => seen,
                  listings: async () => (await seen.inForce('read')).tools.map(listingOf),
                  onBehalfOf: caller.login,
                  mostCalls: wireLimits.calls,
                  input,
                  output,
                  signal: stop.signal,
                });
              } finally {
                stopping.signal.removeEventListener('abort', stopNow);
              }
            };
          },
        }),
      }),
    });
    return {
      paths,
      close: async () => {
        stopping.abort();
        await listener.close();
        await vigie.close();
      },
    };
  } catch (error) {
    await vigie.close();
    throw error;
  }
}
