// The entry of the conformance lane: the product's own HTTP transport, with the fixtures that the scenarios expect
// instead of the product's tools. Prints its address when it is ready; ends with its standard input.
import { type McpHttpHandler, McpServer } from '@modelcontextprotocol/server';
import { listenHttp } from '../../src/server/http-listener.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { registerTools } from './content.ts';
import { registerInputRequired, stateCodec } from './input-required.ts';
import { registerPrompts, registerResources } from './resources-and-prompts.ts';

let handler: McpHttpHandler | undefined;

function build(): McpServer {
  const server = new McpServer(
    { name: 'vigie-conformance', version: '1.0.0' },
    {
      capabilities: {
        tools: { listChanged: true },
        resources: { subscribe: true, listChanged: true },
        prompts: { listChanged: true },
        logging: {},
        completions: {},
      },
      requestState: { verify: (state, context) => stateCodec.verify(state, context) },
    },
  );
  registerTools(server, () => handler);
  registerInputRequired(server);
  registerResources(server);
  registerPrompts(server);
  return server;
}

// The scenarios carry no token; what a token guards is tested with the product itself.
const anybody = {};
const listener = await listenHttp({
  host: '127.0.0.1',
  port: 0,
  hostnames: ['localhost', '127.0.0.1', '[::1]'],
  admit: async () => ({ caller: anybody }),
  stillAdmitted: async () => true,
  deskOf: () => ({ build }),
  log: createLogger('error', line => process.stderr.write(line)),
  onHandler: made => {
    handler = made;
  },
});
process.stdout.write(`${listener.url}\n`);
process.stdin.resume().once('end', () => void listener.close());
