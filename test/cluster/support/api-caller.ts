import { Agent, request } from 'node:https';
import type { JsonObject } from '../../../src/core/json.ts';

interface ApiAnswer {
  status: number;
  body: JsonObject;
}

export type ApiCaller = (input: {
  method: string;
  path: string;
  body?: unknown;
  contentType?: string;
}) => Promise<ApiAnswer>;

/** Plain requests to an API server, so that a test looks past our own client. */
export function apiCaller(to: { url: string; token: string; authority: string }): ApiCaller {
  const agent = new Agent({ keepAlive: true, ca: to.authority });
  return ({ method, path, body, contentType }) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const sent = request(
        `${to.url}${path}`,
        {
          method,
          agent,
          headers: {
            authorization: `Bearer ${to.token}`,
            accept: 'application/json',
            // Without its length Node sends the body of a DELETE behind the request, as if it were the next one.
            ...(text === undefined
              ? {}
              : {
                  'content-type': contentType ?? 'application/json',
                  'content-length': Buffer.byteLength(text),
                }),
          },
        },
        response => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString('utf8');
            const isJson = response.headers['content-type']?.includes('json') === true;
            resolve({
              status: response.statusCode ?? 0,
              body: (isJson ? JSON.parse(text) : { text }) as JsonObject,
            });
          });
        },
      );
      sent.on('error', reject);
      sent.end(text);
    });
  };
}
