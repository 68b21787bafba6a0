import {
  type CallToolResult,
  fromJsonSchema,
  type McpHttpHandler,
  type McpServer,
  type ServerContext,
} from '@modelcontextprotocol/server';
import * as z from 'zod';
import { choicesForm, defaultsForm, png, schema2020, wav } from './fixtures.ts';

const nothing = z.object({});
const description = 'A fixture of the conformance scenarios.';
/** Tells clients to repeat the argument as a header. */
const mirrored = { 'x-mcp-header': 'Region' };

export function say(text: string): CallToolResult {
  return { content: [{ type: 'text', text }] };
}

const embedded = (uri: string): CallToolResult['content'][number] => ({
  type: 'resource',
  resource: { uri, mimeType: 'text/plain', text: 'An embedded resource.' },
});

/** Tools that answer with each kind of content, report, fail, or ask their client something. */
export function registerTools(server: McpServer, handler: () => McpHttpHandler | undefined): void {
  const answering = (name: string, answer: CallToolResult): void => {
    server.registerTool(name, { description }, () => answer);
  };
  const image = { type: 'image', data: png, mimeType: 'image/png' } as const;
  answering('test_simple_text', say('This is a simple text response for testing.'));
  answering('test_image_content', { content: [image] });
  answering('test_audio_content', { content: [{ type: 'audio', data: wav, mimeType: 'audio/wav' }] });
  answering('test_embedded_resource', { content: [embedded('test://embedded-resource')] });
  answering('test_multiple_content_types', {
    content: [{ type: 'text', text: 'Several kinds:' }, image, embedded('test://mixed-content-resource')],
  });
  answering('test_streaming_elicitation', say('done'));

  server.registerTool('test_error_handling', { description }, () => {
    throw new Error('This tool intentionally returns an error for testing');
  });
  server.registerTool('test_tool_with_logging', { description, inputSchema: nothing }, async (_, context) => {
    for (const data of ['started', 'working', 'done']) {
      await context.mcpReq.notify({ method: 'notifications/message', params: { level: 'info', data } });
    }
    return say('logged');
  });
  server.registerTool('test_logging_tool', { description, inputSchema: nothing }, async (_, context) => {
    await context.mcpReq.log('info', 'only where the request asked for it');
    return say('logged');
  });
  server.registerTool(
    'test_tool_with_progress',
    { description, inputSchema: nothing },
    async (_, context) => {
      const progressToken = context.mcpReq._meta?.progressToken;
      for (const progress of progressToken === undefined ? [] : [0, 50, 100]) {
        const params = { progressToken, progress, total: 100, message: `${progress} of 100` };
        await context.mcpReq.notify({ method: 'notifications/progress', params });
      }
      return say('done');
    },
  );
  server.registerTool('test_reconnection', { description, inputSchema: nothing }, async (_, context) => {
    context.http?.closeSSE?.();
    await new Promise(resolve => setTimeout(resolve, 100));
    return say('answered after the stream was closed');
  });
  server.registerTool(
    'json_schema_2020_12_tool',
    { description, inputSchema: fromJsonSchema(schema2020) },
    input => say(JSON.stringify(input)),
  );
  server.registerTool(
    'test_x_mcp_header',
    {
      description,
      inputSchema: fromJsonSchema<{ region?: string; level?: number }>({
        type: 'object',
        properties: {
          region: { type: 'string', ...mirrored },
          level: { type: 'integer' },
        },
      }),
    },
    ({ region }) => say(`region=${region ?? ''}`),
  );
  server.registerTool('test_trigger_tool_change', { description, inputSchema: nothing }, () => {
    handler()?.notify.toolsChanged();
    return say('told');
  });
  server.registerTool('test_trigger_prompt_change', { description, inputSchema: nothing }, () => {
    handler()?.notify.promptsChanged();
    return say('told');
  });
  registerAskingTools(server);
}

/** The way in which servers asked their clients before 2026-07-28: a request of their own, in the middle of a call. */
function registerAskingTools(server: McpServer): void {
  server.registerTool(
    'test_sampling',
    { description, inputSchema: z.object({ prompt: z.string() }) },
    async ({ prompt }, context) => {
      const messages = [{ role: 'user' as const, content: { type: 'text' as const, text: prompt } }];
      const reply = await context.mcpReq.requestSampling({ messages, maxTokens: 100 });
      return say(`LLM response: ${JSON.stringify(reply.content)}`);
    },
  );
  const asking = (name: string, form: object): void => {
    server.registerTool(name, { description, inputSchema: nothing }, async (_, context) =>
      elicit(context, form),
    );
  };
  asking('test_elicitation_sep1034_defaults', defaultsForm);
  asking('test_elicitation_sep1330_enums', choicesForm);
  server.registerTool(
    'test_elicitation',
    { description, inputSchema: z.object({ message: z.string() }) },
    async ({ message }, context) =>
      elicit(context, {
        message,
        requestedSchema: {
          type: 'object',
          properties: { response: { type: 'string', description: 'The answer' } },
          required: ['response'],
        },
      }),
  );
}

async function elicit(context: ServerContext, form: object): Promise<CallToolResult> {
  const { action, content } = await context.mcpReq.send({
    method: 'elicitation/create',
    params: { ...form },
  });
  return say(`action=${action}, content=${JSON.stringify(content ?? {})}`);
}
