import {
  acceptedContent,
  inputRequired,
  type McpServer,
  ResourceTemplate,
  type ServerContext,
} from '@modelcontextprotocol/server';
import * as z from 'zod';
import { png } from './fixtures.ts';

const description = 'A fixture of the conformance scenarios.';

export function registerResources(server: McpServer): void {
  const fixed = (name: string, content: { text: string } | { blob: string }, mimeType: string): void => {
    server.registerResource(name, `test://${name}`, { mimeType }, uri => ({
      contents: [{ uri: uri.href, mimeType, ...content }],
    }));
  };
  fixed('static-text', { text: 'This is the content of the static text resource.' }, 'text/plain');
  fixed('static-binary', { blob: png }, 'image/png');
  fixed('watched-resource', { text: 'Watched resource content' }, 'text/plain');
  const mimeType = 'application/json';
  server.registerResource(
    'template',
    new ResourceTemplate('test://template/{id}/data', { list: undefined }),
    { mimeType },
    (uri, { id }) => ({
      contents: [
        {
          uri: uri.href,
          mimeType,
          text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${String(id)}` }),
        },
      ],
    }),
  );
  server.server.setRequestHandler('resources/subscribe', () => ({}));
  server.server.setRequestHandler('resources/unsubscribe', () => ({}));
}

export function registerPrompts(server: McpServer): void {
  const user = <Content>(content: Content): { role: 'user'; content: Content } => ({ role: 'user', content });
  const text = (value: string): { type: 'text'; text: string } => ({ type: 'text', text: value });

  server.registerPrompt('test_simple_prompt', { description }, () => ({
    messages: [user(text('This is a simple prompt for testing.'))],
  }));
  server.registerPrompt(
    'test_prompt_with_arguments',
    { description, argsSchema: z.object({ arg1: z.string(), arg2: z.string() }) },
    ({ arg1, arg2 }) => ({ messages: [user(text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`))] }),
  );
  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    { description, argsSchema: z.object({ resourceUri: z.string() }) },
    ({ resourceUri }) => ({
      messages: [
        user({
          type: 'resource' as const,
          resource: { uri: resourceUri, mimeType: 'text/plain', text: 'An embedded resource.' },
        }),
        user(text('Read the resource above.')),
      ],
    }),
  );
  server.registerPrompt('test_prompt_with_image', { description }, () => ({
    messages: [user({ type: 'image' as const, data: png, mimeType: 'image/png' }), user(text('Look at it.'))],
  }));
  server.registerPrompt(
    'test_input_required_result_prompt',
    { description, argsSchema: z.object({}) },
    (_: object, { mcpReq }: ServerContext) => {
      const given = acceptedContent(mcpReq.inputResponses, 'user_context', z.object({ context: z.string() }));
      if (given !== undefined) return { messages: [user(text(`Use this context: ${given.context}`))] };
      return inputRequired({
        inputRequests: {
          user_context: inputRequired.elicit({
            message: 'Which context?',
            requestedSchema: {
              type: 'object',
              properties: { context: { type: 'string' } },
              required: ['context'],
            },
          }),
        },
      });
    },
  );
  server.server.setRequestHandler('completion/complete', () => ({
    completion: { values: [], total: 0, hasMore: false },
  }));
}
