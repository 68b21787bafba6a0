import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import type { JsonObject } from '../../../src/core/json.ts';
import type { Ask } from '../../sandbox/same/ask.ts';
import { withoutRunData } from '../../support/wire-answers.ts';

/** Sends one request as it is given and returns the answer without what differs from run to run. */
export function askServer(
  server: { url: string; token: string; authority?: string },
  asked: Ask,
): Promise<JsonObject> {
  const text = typeof asked.body === 'string' ? asked.body : JSON.stringify(asked.body);
  const send = server.authority === undefined ? plainRequest : tlsRequest;
  return new Promise((resolve, reject) => {
    const call = send(
      `${server.url}${asked.path}`,
      {
        method: asked.method,
        ca: server.authority,
        headers: {
          authorization: `Bearer ${server.token}`,
          ...(asked.body === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
          ...asked.headers,
        },
      },
      response => {
        let answer = '';
        response.setEncoding('utf8');
        response.on('error', reject);
        response.on('data', (part: string) => {
          answer += part;
        });
        response.on('end', () =>
          resolve(
            withoutRunData({
              status: response.statusCode ?? 0,
              type: response.headers['content-type'],
              warning: response.headers['warning']?.toString(),
              text: answer,
            }),
          ),
        );
      },
    );
    call.on('error', reject);
    call.end(asked.body === undefined ? undefined : text);
  });
}
