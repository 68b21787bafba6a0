import { type ErrorCode, VigieError } from '../core/errors.ts';
import type { Json } from '../core/json.ts';
import { cleanLine } from '../core/text.ts';
import { type Endpoint, type EndpointAnswer, type EndpointRequest, timeOf } from './endpoint.ts';

// A reason stands at the start; some quote the whole query that they refuse.
const saidChars = 600;

/** What a client asks of a system, and what it takes a refusal for. */
export interface Asked extends Omit<EndpointRequest, 'method'> {
  /** Absent: GET. */
  method?: EndpointRequest['method'];
  /** What an answer of 4xx stands for; `said`: its whole body. Absent: see plainRefusal. */
  refused?: ((answer: { status: number; said: string }) => VigieError) | undefined;
}

/** Asks, and hands on an answer of 2xx. @throws what Endpoint.send throws, and what a refusal stands for */
export async function ask(endpoint: Endpoint, { refused, ...asked }: Asked): Promise<EndpointAnswer> {
  return taken(await endpoint.send({ method: 'GET', ...asked }), { endpoint, refused });
}

/** What came as JSON, and when by the system's clock. */
interface Answered {
  body: Json;
  time: Date | undefined;
}

/** Asks, and reads what comes as JSON. @throws as `ask`, and BAD_RESPONSE */
export async function askJson(endpoint: Endpoint, asked: Asked): Promise<Answered> {
  const answer = await ask(endpoint, asked);
  return { body: await answer.json(), time: timeOf(answer) };
}

/** The same of what may not be there; undefined: the system itself says that it is not (404). @throws as `askJson` */
export async function findJson(
  endpoint: Endpoint,
  { refused, ...asked }: Asked,
): Promise<Answered | undefined> {
  const found = await endpoint.send({ method: 'GET', ...asked });
  if (found.status === 404) {
    found.discard();
    return undefined;
  }
  const answer = await taken(found, { endpoint, refused });
  return { body: await answer.json(), time: timeOf(answer) };
}

async function taken(
  answer: EndpointAnswer,
  { endpoint, refused }: { endpoint: Endpoint; refused: Asked['refused'] },
): Promise<EndpointAnswer> {
  const { status } = answer;
  if (status < 300) return answer;
  const said = await answer.text();
  throw (refused ?? plainRefusal(endpoint.shown, 'INVALID_INPUT'))({ status, said });
}

/** A refusal in the system's own words: NOT_FOUND for 404, else the code. */
export function plainRefusal(
  shown: string,
  otherwise: ErrorCode,
): (answer: { status: number; said: string }) => VigieError {
  return ({ status, said }) =>
    new VigieError(
      status === 404 ? 'NOT_FOUND' : otherwise,
      `${shown} refused (${status}): ${cleanLine(said, saidChars)}`,
    );
}
