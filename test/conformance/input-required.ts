import { randomBytes } from 'node:crypto';
import {
  acceptedContent,
  type CallToolResult,
  CLIENT_CAPABILITIES_META_KEY,
  createRequestStateCodec,
  type ElicitInputParams,
  type InputRequests,
  type InputRequiredResult,
  inputRequired,
  type McpServer,
  ProtocolError,
  ProtocolErrorCode,
  type ServerContext,
} from '@modelcontextprotocol/server';
import * as z from 'zod';
import { isObject } from '../../src/core/json.ts';
import { say } from './content.ts';
import { confirmForm, nameForm } from './fixtures.ts';

interface State {
  tool: string;
  round?: number;
  name?: string;
}

type Answer = Promise<CallToolResult | InputRequiredResult>;

export const stateCodec = createRequestStateCodec<State>({ key: randomBytes(32) });

const nothing = z.object({});

function question(text: string, maxTokens: number): ReturnType<typeof inputRequired.createMessage> {
  return inputRequired.createMessage({
    messages: [{ role: 'user', content: { type: 'text', text } }],
    maxTokens,
  });
}

function textOf(response: unknown): string | undefined {
  const content = isObject(response) ? response.content : undefined;
  return isObject(content) && typeof content.text === 'string' ? content.text : undefined;
}

function nameIn(context: ServerContext, key: string): string | undefined {
  return acceptedContent(context.mcpReq.inputResponses, key, z.object({ name: z.string() }))?.name;
}

/** Tools that end with a question and are called again with its answer. */
export function registerInputRequired(server: McpServer): void {
  const tool = (name: string, handle: (context: ServerContext) => Answer): void => {
    server.registerTool(name, { description: 'Asks, then answers.', inputSchema: nothing }, (_, context) =>
      handle(context),
    );
  };

  tool('test_input_required_result_elicitation', async context => {
    const name = nameIn(context, 'user_name');
    return name === undefined
      ? inputRequired({ inputRequests: { user_name: inputRequired.elicit(nameForm) } })
      : say(`Hello, ${name}!`);
  });
  tool('test_input_required_result_sampling', async ({ mcpReq }) => {
    const reply = mcpReq.inputResponses?.capital_question;
    return reply === undefined
      ? inputRequired({
          inputRequests: { capital_question: question('What is the capital of France?', 100) },
        })
      : say(`Sampling response: ${textOf(reply) ?? ''}`);
  });
  tool('test_missing_capability', async ({ mcpReq }) =>
    mcpReq.inputResponses?.llm_answer === undefined
      ? inputRequired({ inputRequests: { llm_answer: question('Say pong.', 16) } })
      : say('answered'),
  );
  tool('test_input_required_result_list_roots', async ({ mcpReq }) => {
    const reply = mcpReq.inputResponses?.client_roots;
    return isObject(reply) && Array.isArray(reply.roots)
      ? say(`${reply.roots.length} roots`)
      : inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
  });
  tool('test_input_required_result_request_state', async context => {
    if (acceptedContent(context.mcpReq.inputResponses, 'confirm') === undefined)
      return confirm('request_state');
    if (context.mcpReq.requestState() === undefined) {
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'The request state is missing.');
    }
    return say('state-ok');
  });
  tool('test_input_required_result_tampered_state', async context => {
    const answered = acceptedContent(context.mcpReq.inputResponses, 'confirm') !== undefined;
    return answered && context.mcpReq.requestState() !== undefined
      ? say('integrity-ok')
      : confirm('tampered_state');
  });
  tool('test_input_required_result_multiple_inputs', askThree);
  tool('test_input_required_result_multi_round', askTwice);
  tool('test_input_required_result_capabilities', askWhatIsDeclared);
}

async function confirm(tool: string): Answer {
  return inputRequired({
    inputRequests: { confirm: inputRequired.elicit(confirmForm) },
    requestState: await stateCodec.mint({ tool }),
  });
}

async function askThree(context: ServerContext): Answer {
  const responses = context.mcpReq.inputResponses;
  const name = nameIn(context, 'user_name');
  const greeting = textOf(responses?.greeting);
  const roots = responses?.client_roots;
  if (name !== undefined && greeting !== undefined && isObject(roots)) return say(`${greeting} ${name}`);
  return inputRequired({
    inputRequests: {
      user_name: inputRequired.elicit(nameForm),
      greeting: question('Write a greeting.', 50),
      client_roots: inputRequired.listRoots(),
    },
    requestState: await stateCodec.mint({ tool: 'multiple_inputs' }),
  });
}

async function askTwice(context: ServerContext): Answer {
  const state = context.mcpReq.requestState<State>();
  if (state?.round === 2) return say(`Both rounds are over, ${state.name ?? ''}.`);
  if (state?.round === 1) {
    const colour: ElicitInputParams = {
      message: 'Which colour?',
      requestedSchema: { type: 'object', properties: { color: { type: 'string' } }, required: ['color'] },
    };
    return inputRequired({
      inputRequests: { step2: inputRequired.elicit(colour) },
      requestState: await stateCodec.mint({
        tool: 'multi_round',
        round: 2,
        name: nameIn(context, 'step1') ?? '',
      }),
    });
  }
  return inputRequired({
    inputRequests: { step1: inputRequired.elicit(nameForm) },
    requestState: await stateCodec.mint({ tool: 'multi_round', round: 1 }),
  });
}

async function askWhatIsDeclared({ mcpReq }: ServerContext): Answer {
  if (mcpReq.inputResponses !== undefined) return say('answered');
  const envelope: unknown = mcpReq.envelope;
  const declared = isObject(envelope) ? envelope[CLIENT_CAPABILITIES_META_KEY] : undefined;
  const can = (what: string): boolean => isObject(declared) && declared[what] !== undefined;
  const inputRequests: InputRequests = {
    ...(can('elicitation') && { user_name: inputRequired.elicit(nameForm) }),
    ...(can('sampling') && { greeting: question('Write a greeting.', 50) }),
    ...(can('roots') && { client_roots: inputRequired.listRoots() }),
  };
  return Object.keys(inputRequests).length === 0 ? say('nothing to ask') : inputRequired({ inputRequests });
}
