import { VigieError } from '../../core/errors.ts';
import type { FoundDaemon } from '../../desk/wire/find-daemon.ts';
import type { Vigie } from '../../pipeline/vigie.ts';
import type { ToolListing } from '../../toolkit/listing.ts';
import { addConfigOption } from '../add-config-option.ts';
import type { OpenOptions } from '../program.ts';
import type { CommonOptions, Session } from '../session.ts';
import type { DefineCommand } from './entry.ts';

interface Options extends CommonOptions {
  stdio?: boolean;
  http?: string;
  toolsets?: string;
  behindTlsProxy?: boolean;
  hostname?: string[];
  readOnly?: boolean;
}

export const define: DefineCommand = (command, session) => {
  command
    .option('--stdio', 'Speak over standard input and output, to the client that started this process.')
    .option('--http <host:port>', 'Listen there, for clients with a token; port 0 takes any free one.')
    .option('--behind-tls-proxy', 'Allow an address beyond loopback: a proxy in front encrypts.')
    .option('--hostname <names...>', 'Names that clients call the proxy by; only with --behind-tls-proxy.')
    .option(
      '--toolsets <names>',
      'Families of tools to offer, with commas between; default: all that are configured.',
    )
    .option('--read-only', 'Offer reads alone; nothing that can write is even built.');
  addConfigOption(command).action((options: Options) => serve(session, options));
};

async function serve(session: Session, options: Options): Promise<void> {
  const { program, terminal } = session;
  if ((options.stdio === true) === (options.http !== undefined))
    throw new VigieError('INVALID_INPUT', 'vigie serve needs either --stdio or --http HOST:PORT.', {
      hint: 'An assistant on this machine takes --stdio.',
    });
  if (options.http === undefined) {
    const daemon = await session.findDaemon(options, ['agent']);
    if (daemon !== undefined) {
      await throughDaemon(session, { daemon, options });
      return;
    }
    await session.noteShutOut(options);
    // A client waits for the first answer and then for the tools; neither needs a configuration, whatever is wrong with it.
    const { toolsets, readOnly = false } = openOptions(options, 'mcp-stdio');
    // A family that does not exist is told at once, and not by a server that lacks its tools.
    if (toolsets !== undefined)
      (await import('../../tools/listed-tools.ts')).listedTools(toolsets, { readOnly });
    const listings = async (): Promise<readonly ToolListing[]> => {
      const [{ listedTools }, { configuredFamilies }] = await Promise.all([
        import('../../tools/listed-tools.ts'),
        import('../../config/integrations/configured-families.ts'),
      ]);
      const configured = await configuredFamilies({
        ...(options.config === undefined ? {} : { file: options.config }),
        byClient: true,
        env: process.env,
      });
      return listedTools(toolsets, { readOnly, configured });
    };
    const open = async (): Promise<Vigie> => {
      session.vigie = await program.open(openOptions(options, 'mcp-stdio'));
      return session.vigie;
    };
    try {
      await program.serveStdio({ open, listings, signal: session.signal });
    } finally {
      await session.vigie?.close();
    }
    return;
  }
  const address = {
    ...readAddress(options.http),
    behindTlsProxy: options.behindTlsProxy === true,
    hostnames: options.hostname ?? [],
  };
  await session.noteOwnFiles(options);
  const vigie = await program.open(openOptions(options, 'mcp-http'));
  session.vigie = vigie;
  try {
    const server = await program.serveHttp(vigie, address);
    terminal.note(`Vigie ${program.version} listens at ${server.url}`);
    if (server.token !== undefined)
      terminal.note(`Token, shown this once: ${server.token}\nMore of them: vigie tokens add NAME`);
    session.signal.addEventListener('abort', () => void server.close(), { once: true });
    await server.closed;
  } finally {
    await vigie.close();
  }
}

async function throughDaemon(
  session: Session,
  { daemon, options }: { daemon: FoundDaemon; options: Options },
): Promise<void> {
  const { toolsets, readOnly = false } = openOptions(options, 'mcp-stdio');
  const { serveThrough } = await import('../serve-through.ts');
  const { stdin: input, stdout: output } = process;
  try {
    await serveThrough(daemon, { input, output, signal: session.signal, toolsets, readOnly });
  } finally {
    daemon.connection.close();
  }
}

function openOptions(options: Options, door: OpenOptions['door']): OpenOptions {
  const toolsets = options.toolsets
    ?.split(',')
    .map(name => name.trim())
    .filter(name => name !== '');
  return {
    door,
    ...(options.config === undefined ? {} : { configFile: options.config }),
    ...(options.readOnly === true ? { readOnly: true } : {}),
    ...(toolsets === undefined ? {} : { toolsets }),
  };
}

/** `127.0.0.1:8080`, `[::1]:8080`, or a port alone, which means loopback. */
function readAddress(text: string): { host: string; port: number } {
  const parts = /^(?:(\[[0-9a-fA-F:.]+\]|[^:[\]]+):)?(\d{1,5})$/.exec(text);
  const port = Number(parts?.[2]);
  if (parts === null || port > 65_535)
    throw new VigieError('INVALID_INPUT', `--http takes HOST:PORT, not "${text}".`, {
      hint: 'vigie serve --http 127.0.0.1:8080',
    });
  const host = (parts[1] ?? '127.0.0.1').replaceAll(/[[\]]/g, '');
  return { host, port };
}
