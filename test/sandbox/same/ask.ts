import { type ClientRequest, type IncomingMessage, request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { isObject, type Json, type JsonObject } from '../../../src/core/json.ts';

/** One request that a real API server and the sandbox must answer alike. */
export interface Ask {
  /** What it is about; unique in its subject. */
  name: string;
  method: string;
  /** `<<name|path>>`, here and in the body, stands for a value of an earlier answer. */
  path: string;
  headers?: Record<string, string>;
  body?: Json;
  /** Base64 of a body that is no text. */
  bytes?: string;
  /** reason: status, kind and reason alone, where the words come from a parser of another language. */
  compare?: 'reason';
  /** Reads events until there are so many (or the server ends them), after `during` was asked one by one. */
  watch?: { events: number; during?: Ask[] };
  /** Asks again until the answer has this status, for what a server does a moment later. */
  until?: number;
}

/** Where a request goes. */
export interface Server {
  url: string;
  token: string;
  /** PEM of its authority; absent for plain HTTP. */
  authority?: string;
}

/** An answer as it came, and of a watch the events. */
export interface RawAnswer {
  status: number;
  type: string | undefined;
  warnings: string | undefined;
  body: Json;
}

/** Longer than any event takes; a watch that still waits lacks one. */
const watchMs = 6_000;
const pollMs = 50;
const pollTries = 1_200;

/** Sends requests in order and remembers their answers for those that refer to them. */
export class Conversation {
  #server: Server;
  #answers = new Map<string, RawAnswer>();

  constructor(server: Server) {
    this.#server = server;
  }

  async ask(asked: Ask): Promise<RawAnswer> {
    let answer = await this.#once(asked);
    for (let tries = 0; asked.until !== undefined && answer.status !== asked.until; tries += 1) {
      if (tries === pollTries) throw new Error(`${asked.name}: ${answer.status}, not ${asked.until}`);
      await new Promise(resolve => setTimeout(resolve, pollMs));
      answer = await this.#once(asked);
    }
    this.#answers.set(asked.name, answer);
    return answer;
  }

  async #once(asked: Ask): Promise<RawAnswer> {
    const response = await this.#send(asked);
    const head = {
      status: response.statusCode ?? 0,
      type: response.headers['content-type'],
      warnings: response.headers['warning']?.toString(),
    };
    if (asked.watch === undefined || head.status !== 200) {
      return { ...head, body: parse(await textOf(response)) };
    }
    const events = eventsOf(response, asked.watch.events);
    for (const each of asked.watch.during ?? []) await this.ask(each);
    return { ...head, body: await events };
  }

  #send(asked: Ask): Promise<IncomingMessage> {
    const { url, token, authority } = this.#server;
    const body = this.#bodyOf(asked);
    const send = authority === undefined ? plainRequest : tlsRequest;
    return new Promise((resolve, reject) => {
      const options = {
        method: asked.method,
        ca: authority,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': body.length }),
          ...asked.headers,
        },
      };
      const call: ClientRequest = send(`${url}${this.#resolved(asked.path)}`, options, resolve);
      call.on('error', reject);
      call.end(body);
    });
  }

  #bodyOf({ body, bytes }: Ask): Buffer | undefined {
    if (bytes !== undefined) return Buffer.from(bytes, 'base64');
    if (body === undefined) return undefined;
    return Buffer.from(this.#resolved(typeof body === 'string' ? body : JSON.stringify(body)));
  }

  #resolved(text: string): string {
    return text.replaceAll(/<<([^|>]+)\|([^>]+)>>/g, (_all, name: string, path: string) => {
      let value: Json | undefined = this.#answers.get(name)?.body;
      for (const part of path.split('.')) {
        value = Array.isArray(value) ? value[Number(part)] : isObject(value) ? value[part] : undefined;
      }
      return typeof value === 'string' || typeof value === 'number' ? String(value) : 'MISSING';
    });
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8');
  let text = '';
  for await (const part of response) text += String(part);
  return text;
}

function parse(text: string): Json {
  try {
    // The JSON border: an answer is whatever the server wrote.
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

/** The first events of a watch, which is then ended. */
function eventsOf(response: IncomingMessage, count: number): Promise<JsonObject[]> {
  return new Promise(resolve => {
    let pending = '';
    const events: JsonObject[] = [];
    const timer = setTimeout(finish, watchMs);
    function finish(): void {
      clearTimeout(timer);
      response.destroy();
      resolve(events.slice(0, count));
    }
    response.setEncoding('utf8');
    response.on('data', (part: string) => {
      const lines = (pending + part).split('\n');
      pending = lines.pop() ?? '';
      for (const line of lines) {
        const event = parse(line);
        events.push(isObject(event) ? event : { unreadable: line });
      }
      if (events.length >= count) finish();
    });
    response.on('end', finish);
    response.on('error', finish);
  });
}
