import type {
  CallToolRequest,
  CallToolResult,
  InputRequiredResult,
  Server,
  ServerContext,
} from '@modelcontextprotocol/server';
import { VigieError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { CallResult } from '../core/result.ts';
import { runTool } from '../pipeline/run-tool.ts';
import type { Vigie } from '../pipeline/vigie.ts';
import { toAnswer } from './answer.ts';
import { ApprovalQuestion } from './approval-question.ts';
import { actorOf, type Caller, canShowForms } from './caller.ts';
import { serverLimits } from './limits.ts';

/** One `tools/call`. Validation, lookup and refusals are the pipeline's; here a call only changes its clothes. */
export async function callTool(
  door: { open(): Promise<Vigie>; server: Server; caller: Caller },
  { request, context }: { request: CallToolRequest; context: ServerContext },
): Promise<CallToolResult | InputRequiredResult> {
  const { server, caller } = door;
  const vigie = await openOrError(() => door.open());
  if (vigie instanceof VigieError) return toAnswer(refusalOf(vigie));
  const progress = new Progress(context);
  // Over HTTP nobody can tell a client from the person behind it, so its prompt never answers (and policy refuses it too).
  const asks = caller.via === 'mcp-stdio' && canShowForms(server, context);
  const question = asks ? new ApprovalQuestion(context) : undefined;
  const result = await runTool(vigie, {
    tool: request.params.name,
    input: request.params.arguments ?? {},
    actor: actorOf(caller, server, context),
    session: caller.session,
    signal: context.mcpReq.signal,
    budgetBytes: limits.answerBytes - serverLimits.envelopeBytes,
    progress: message => progress.say(message),
    ...(question && { elicit: question.elicit }),
  });
  await progress.settled();
  const pending = result.status === 'approval_required' ? await question?.pending() : undefined;
  return pending ?? toAnswer(result);
}

/** What keeps Vigie from opening (a fault in vigie.yaml …) is for the person to mend, so the model must be able to tell. */
async function openOrError(open: () => Promise<Vigie>): Promise<Vigie | VigieError> {
  try {
    return await open();
  } catch (error) {
    if (error instanceof VigieError) return error;
    throw error;
  }
}

function refusalOf({ code, message, hint, details }: VigieError): CallResult {
  return {
    status: 'failed',
    data: { status: 'failed', code, message, ...(hint !== undefined && { hint }), details },
    text: [`${code}: ${message}`, hint ?? ''].join('\n').trimEnd(),
  };
}

/** Progress notifications of one call, in order and each with a higher number, where the client asked for them. */
class Progress {
  readonly #context: ServerContext;
  #count = 0;
  #sent: Promise<void> = Promise.resolve();

  constructor(context: ServerContext) {
    this.#context = context;
  }

  say(message: string): void {
    const progressToken = this.#context.mcpReq._meta?.progressToken;
    if (progressToken === undefined) return;
    this.#count += 1;
    const params = { progressToken, progress: this.#count, message: message.slice(0, limits.lineChars) };
    // A client that went away is no fault of the call.
    this.#sent = this.#sent
      .then(() => this.#context.mcpReq.notify({ method: 'notifications/progress', params }))
      .catch(() => {});
  }

  settled(): Promise<void> {
    return this.#sent;
  }
}
