import type { Client, ElicitResult } from '@modelcontextprotocol/client';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Server } from '@modelcontextprotocol/server';
import { afterEach, describe, expect, test } from 'vitest';
import { ApprovalQuestion, verifyReply } from '../../src/server/approval-question.ts';
import { canShowForms } from '../../src/server/caller.ts';
import { listenHttp } from '../../src/server/http-listener.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { clientOf, type Era, eras } from '../support/mcp-clients.ts';

const question = {
  summary: 'Scale web to 5',
  diff: '- 3\n+ 5',
  risk: 'low',
  ticket: 'T1',
  digest: 'd1',
} as const;

let end: (() => Promise<void>) | undefined;
afterEach(async () => end?.());

/** A server whose one tool asks `questions` in turn, one a round (the last again and again), and answers the verdict. */
async function connectAsking(
  era: Era,
  setup: { questions?: readonly { diff: string; digest: string }[]; answer?: ElicitResult },
): Promise<{ client: Client; asked: string[]; canAsk: boolean[] }> {
  const questions = setup.questions ?? [question];
  const asked: string[] = [];
  const canAsk: boolean[] = [];
  let round = 0;
  function build(): Server {
    const options = { capabilities: { tools: {} }, requestState: { verify: verifyReply } };
    const server = new Server({ name: 'asking', version: '1' }, options);
    server.setRequestHandler('tools/call', async (_, context) => {
      canAsk.push(canShowForms(server, context));
      const approval = new ApprovalQuestion(context);
      const verdict = await approval.elicit({
        ...question,
        ...questions[Math.min(round, questions.length - 1)],
      });
      round += 1;
      return (await approval.pending()) ?? { content: [{ type: 'text', text: verdict }] };
    });
    return server;
  }
  const listener = await listenHttp({
    host: '127.0.0.1',
    port: 0,
    hostnames: ['127.0.0.1'],
    admit: async () => ({ caller: build }),
    stillAdmitted: async () => true,
    deskOf: () => ({ build }),
    log: createLogger('error', line => process.stderr.write(line)),
  });
  const client = clientOf(era, setup.answer ? { capabilities: { elicitation: { form: {} } } } : {});
  const { answer } = setup;
  if (answer !== undefined) {
    client.setRequestHandler('elicitation/create', ({ params }) => {
      asked.push(params.message);
      return answer;
    });
  }
  await client.connect(new StreamableHTTPClientTransport(new URL(listener.url)));
  end = async () => {
    await client.close();
    await listener.close();
  };
  return { client, asked, canAsk };
}

async function verdictOf(client: Client): Promise<unknown> {
  const result = await client.callTool({ name: 'any', arguments: {} });
  return result.content[0]?.type === 'text' ? result.content[0].text : undefined;
}

describe.each(eras)('a %s client that can show forms', era => {
  test.each([
    ['accept', 'is told yes', { action: 'accept', content: { approve: true } }],
    ['decline', 'says no in the form', { action: 'accept', content: { approve: false } }],
    ['decline', 'declines the form', { action: 'decline' }],
    ['unavailable', 'closes the form', { action: 'cancel' }],
  ] satisfies [string, string, ElicitResult][])('means %s when its user %s', async (verdict, _, answer) => {
    const { client, asked, canAsk } = await connectAsking(era, { answer });
    expect(await verdictOf(client)).toBe(verdict);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toContain('Scale web to 5');
    expect(asked[0]).toContain('+ 5');
    expect(canAsk).not.toContain(false);
  });

  test('is asked again when the plan has moved since: its yes was for another digest', async () => {
    const { client, asked } = await connectAsking(era, {
      questions: [question, { diff: '- 3\n+ 50', digest: 'd2' }],
      answer: { action: 'accept', content: { approve: true } },
    });
    expect(await verdictOf(client)).toBe('accept');
    expect(asked).toHaveLength(2);
    expect(asked[1]).toContain('+ 50');
  });

  test('is not asked about a diff that would not fit its form', async () => {
    const { client, asked } = await connectAsking(era, {
      questions: [{ diff: '+ line\n'.repeat(1_000), digest: 'd1' }],
      answer: { action: 'accept', content: { approve: true } },
    });
    expect(await verdictOf(client)).toBe('unavailable');
    expect(asked).toHaveLength(0);
  });
});

test.each(eras)('a %s client that declares no forms is known as such', async era => {
  const { client, canAsk } = await connectAsking(era, {});
  await client.callTool({ name: 'any', arguments: {} }).catch(() => {});
  expect(canAsk).toEqual([false]);
});
