import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { systemCode } from '../../core/system-error.ts';
import { trouble } from './trouble.ts';
import { rowOf, type Witness, type WitnessedRow } from './witness.ts';

// POST of {installation, sequence, hash, at} answers any 2xx once it is kept; 409 says that the endpoint has another hash
// for that sequence. GET with ?installation=ID answers the newest line, {sequence, hash}; 204 or 404: it has none.

/** An endpoint that has not answered by then is down for this time. */
const answerMs = 5_000;
/** One line is about 100 bytes. */
const answerBytes = 64 * 1024;
const created = 300;
const nothing: readonly number[] = [204, 404];

/** An endpoint whose certificate is checked, by the authorities in `caFile` alone where that is given. */
export function httpsWitness(at: {
  url: string;
  caFile?: string;
  installation: string;
  /** Read anew for each request. */
  token?: () => Promise<string>;
}): Witness {
  const { installation } = at;
  const { origin, pathname } = new URL(at.url);
  const name = `https ${origin}${pathname}`;

  async function ask(url: URL, asked: { body?: string; signal: AbortSignal }): Promise<Answer> {
    const { body } = asked;
    try {
      const token = await at.token?.();
      const ca = at.caFile === undefined ? undefined : await readFile(at.caFile, 'utf8');
      return await exchange(url, {
        ...(body === undefined ? {} : { body }),
        ...(ca === undefined ? {} : { ca }),
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
        signal: AbortSignal.any([asked.signal, AbortSignal.timeout(answerMs)]),
      });
    } catch (error) {
      throw trouble(name, whyOf(error));
    }
  }

  return {
    system: 'https',
    name,
    shows: 'newest',

    async record({ sequence, hash, at: time }, signal) {
      const body = JSON.stringify({ installation, sequence, hash, at: time });
      const { status } = await ask(new URL(at.url), { body, signal });
      if (status === 409) throw trouble(name, `it has another hash for row ${sequence} (409)`);
      if (status < 200 || status >= created) throw trouble(name, `it answered ${status}`);
    },

    async recall(signal) {
      const url = new URL(at.url);
      url.searchParams.set('installation', installation);
      const { status, text } = await ask(url, { signal });
      if (nothing.includes(status)) return [];
      if (status < 200 || status >= created) throw trouble(name, `it answered ${status}`);
      const row = readRow(text);
      if (row === undefined) throw trouble(name, 'its answer is not {"sequence": …, "hash": …}');
      return [row];
    },
  };
}

interface Answer {
  status: number;
  text: string;
}

function exchange(
  url: URL,
  asked: { body?: string; ca?: string; headers: Record<string, string>; signal: AbortSignal },
): Promise<Answer> {
  const { body, ca, signal } = asked;
  const headers = {
    ...asked.headers,
    accept: 'application/json',
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method: body === undefined ? 'GET' : 'POST',
        headers,
        signal,
        ...(ca === undefined ? {} : { ca }),
        // Without it a variable of the environment could switch the check off.
        rejectUnauthorized: true,
        // A connection kept open would keep the process.
        agent: false,
      },
      answer => {
        const parts: Buffer[] = [];
        let size = 0;
        answer.on('data', (part: Buffer) => {
          size += part.length;
          if (size > answerBytes) answer.destroy(new Error('its answer is too long'));
          else parts.push(part);
        });
        answer.once('error', reject);
        answer.once('end', () =>
          resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(parts).toString('utf8') }),
        );
      },
    );
    sent.once('error', reject);
    sent.end(body);
  });
}

function readRow(text: string): WitnessedRow | undefined {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof answer !== 'object' || answer === null || !('sequence' in answer) || !('hash' in answer))
    return undefined;
  const { sequence, hash } = answer;
  return typeof sequence === 'number' && typeof hash === 'string' ? rowOf(`${sequence} ${hash}`) : undefined;
}

function whyOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error && error.cause.name === 'TimeoutError')
    return `no answer within ${answerMs / 1000} s`;
  const code = systemCode(error);
  return code === undefined || error.message.includes(code) ? error.message : `${error.message} (${code})`;
}
