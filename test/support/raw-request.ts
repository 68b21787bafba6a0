import { type IncomingHttpHeaders, request } from 'node:http';

/** One HTTP request with exactly these headers; fetch would not send some of them. */
export async function rawRequest(
  url: string,
  {
    headers = {},
    body,
    method = 'POST',
    path,
    fresh,
  }: {
    headers?: Record<string, string>;
    body?: string;
    method?: string;
    /** In place of the path of `url`. */
    path?: string;
    /** On a connection of its own, as a client that comes anew; absent: on a kept one where there is one. */
    fresh?: true;
  },
): Promise<{ status: number; headers: IncomingHttpHeaders; text: string }> {
  const { hostname, port, pathname } = new URL(url);
  return new Promise((resolve, reject) => {
    const agent = fresh === true ? { agent: false } : {};
    const sent = request({ hostname, port, path: path ?? pathname, method, headers, ...agent }, response => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
      );
      response.once('error', reject);
    });
    sent.once('error', reject);
    sent.end(body);
  });
}
