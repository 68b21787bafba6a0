import { randomBytes } from 'node:crypto';
import {
  createRequestStateCodec,
  type InputRequiredResult,
  inputRequired,
  inputResponse,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { isObject } from '../core/json.ts';
import type { Call } from '../pipeline/call.ts';
import { serverLimits } from './limits.ts';

/*
 * How a client's own prompt answers, where the policy lets it. A handler cannot wait for a person in both protocol
 * eras, so the question is an answer: the first call ends with it, and the client calls again with the reply. The
 * second call runs from the top, previews again and asks the same; only if it asks for the same ticket and digest
 * does the reply count. A settled ticket cannot be settled again, so a reply cannot be used twice.
 */

type Ask = NonNullable<Call['elicit']>;
type Question = Parameters<Ask>[0];

/** Of this process: a reply is only good where its question was made. */
const codec = createRequestStateCodec<{ ticket: string; digest: string }>({
  key: randomBytes(32),
  ttlSeconds: serverLimits.questionSeconds,
  bind: context => context.mcpReq.method,
});

/** Refuses a reply that was not made here, has expired or was altered. */
export function verifyReply(state: string, context: ServerContext): Promise<unknown> {
  return codec.verify(state, context);
}

const inputKey = 'approval';

/** One round of asking: hand `elicit` to the call, then send `pending()` instead of its result, if there is one. */
export class ApprovalQuestion {
  readonly #context: ServerContext;
  #open: Question | undefined;

  constructor(context: ServerContext) {
    this.#context = context;
  }

  readonly elicit: Ask = async question => {
    const reply = this.#reply(question);
    if (reply !== 'none') return reply;
    if (question.diff.length + question.summary.length <= serverLimits.questionChars) this.#open = question;
    return 'unavailable';
  };

  #reply(question: Question): 'accept' | 'decline' | 'unavailable' | 'none' {
    const asked = this.#context.mcpReq.requestState<{ ticket: string; digest: string }>();
    if (asked?.ticket !== question.ticket || asked.digest !== question.digest) return 'none';
    const response = inputResponse(this.#context.mcpReq.inputResponses, inputKey);
    if (response.kind !== 'elicit') return 'none';
    if (response.action === 'cancel') return 'unavailable';
    const content: unknown = response.content;
    return response.action === 'accept' && isObject(content) && content.approve === true
      ? 'accept'
      : 'decline';
  }

  async pending(): Promise<InputRequiredResult | undefined> {
    const question = this.#open;
    if (question === undefined) return undefined;
    return inputRequired({
      inputRequests: {
        [inputKey]: inputRequired.elicit({
          message: `${question.summary}\nRisk: ${question.risk}. Ticket: ${question.ticket}.\n\n${question.diff}`,
          requestedSchema: {
            type: 'object',
            properties: { approve: { type: 'boolean', title: 'Approve', description: 'Make this change.' } },
            required: ['approve'],
          },
        }),
      },
      requestState: await codec.mint({ ticket: question.ticket, digest: question.digest }, this.#context),
    });
  }
}
