import { once } from 'node:events';
import { createServer } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Cluster } from './on-cluster.ts';

/** A line to a cluster that a test can act on. */
export interface LineBetween {
  /** Of the administrator, by this line; its context is `real`. */
  kubeconfig: string;
  /** Called before each change (no read, no dry run) goes on to the cluster. */
  beforeChange: (() => Promise<void>) | undefined;
  /** `METHOD path` of all that was asked, without queries. */
  asked: string[];
  close(): void;
}

/** Stands between Vigie and an API server, so that a test can be quicker than a write that is under way. */
export async function lineBetween(cluster: Cluster): Promise<LineBetween> {
  const line: LineBetween = {
    kubeconfig: '',
    beforeChange: undefined,
    asked: [],
    close: () => server.close(),
  };
  const server = createServer((asked, answer) => {
    const pass = async (): Promise<void> => {
      const chunks: Buffer[] = [];
      for await (const chunk of asked) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks);
      line.asked.push(`${asked.method ?? ''} ${asked.url?.split('?')[0] ?? ''}`);
      const tried = asked.url?.includes('dryRun=') === true || body.includes('"dryRun"');
      if (['PATCH', 'PUT', 'DELETE'].includes(asked.method ?? '') && !tried) await line.beforeChange?.();
      const sent = request(`${cluster.url}${asked.url ?? '/'}`, {
        method: asked.method,
        ca: cluster.authority,
        headers: { ...asked.headers, host: new URL(cluster.url).host },
      });
      sent.on('response', response => {
        answer.writeHead(response.statusCode ?? 502, response.headers);
        // A watch without events has no more than its head.
        answer.flushHeaders();
        response.pipe(answer);
      });
      sent.on('error', () => answer.destroy());
      sent.end(body);
    };
    pass().catch(() => answer.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  line.kubeconfig = `apiVersion: v1
kind: Config
clusters: [{name: real, cluster: {server: "http://127.0.0.1:${port}"}}]
users: [{name: admin, user: {token: ${cluster.token}}}]
contexts: [{name: real, context: {cluster: real, user: admin}}]
current-context: real
`;
  return line;
}
