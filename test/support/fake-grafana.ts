import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { isObject, type JsonObject, memberOf, textOf } from '../../src/core/json.ts';

/*
 * A fake of Grafana, written from the documentation of its HTTP API: health, dashboards by uid, saving with the version as
 * precondition (412 with its statuses), deleting, search by title, and annotations of a dashboard. It knows one token and no rights. No test that runs
 * on it shows anything about a real Grafana.
 */

export interface FakeGrafana {
  url: string;
  /** By uid, with what Grafana gives them. */
  dashboards: Map<string, { model: JsonObject; version: number; folder: string; messages: string[] }>;
  /** By id. */
  annotations: Map<number, JsonObject>;
  /** Saves as somebody else at a browser would. */
  edit(uid: string, model: JsonObject): void;
  /** Answers in its place: returns true when it did. `after`: the request was carried out already. */
  meddle(by: ((asked: Asked) => boolean) | undefined): void;
  close(): Promise<void>;
}

interface Asked {
  method: string;
  path: string;
  moment: 'before' | 'after';
  response: ServerResponse;
}

/** Starts a fake Grafana on a free port. `token`: what it lets in. */
export async function startFakeGrafana({ token }: { token: string }): Promise<FakeGrafana> {
  const dashboards: FakeGrafana['dashboards'] = new Map();
  const annotations: FakeGrafana['annotations'] = new Map();
  const sockets = new Set<Socket>();
  let meddle: ((asked: Asked) => boolean) | undefined;
  let ids = 0;

  function save(body: JsonObject): { status: number; answer: JsonObject } {
    const model = memberOf(body, 'dashboard') ?? {};
    const title = textOf(model, 'title');
    if (title === '') return refused(400, 'Dashboard title cannot be empty');
    const uid = textOf(model, 'uid') || `made-${ids}`;
    const found = dashboards.get(uid);
    const version = Number(model['version'] ?? 0);
    if (found !== undefined && body['overwrite'] !== true && found.version !== version)
      return refused(412, 'The dashboard has been changed by someone else', 'version-mismatch');
    ids += found === undefined ? 1 : 0;
    const id = found?.model['id'] ?? ids;
    const next = (found?.version ?? 0) + 1;
    dashboards.set(uid, {
      model: { ...model, id, uid, version: next },
      version: next,
      folder: textOf(body, 'folderUid'),
      messages: [...(found?.messages ?? []), textOf(body, 'message')],
    });
    return {
      status: 200,
      answer: { id, uid, url: `/d/${uid}/x`, status: 'success', version: next, slug: 'x' },
    };
  }

  function annotationsTo({ method, url, body }: { method: string; url: URL; body: JsonObject }): {
    status: number;
    answer: JsonObject | JsonObject[];
  } {
    const numbered = (name: string) => Number(url.searchParams.get(name));
    if (method === 'GET') {
      const fitting = [...annotations.values()].filter(
        each =>
          each['dashboardUID'] === url.searchParams.get('dashboardUID') &&
          Number(each['time']) <= numbered('to') &&
          Number(each['timeEnd']) >= numbered('from'),
      );
      return { status: 200, answer: fitting.slice(0, numbered('limit')) };
    }
    if (method === 'POST') {
      if (!dashboards.has(textOf(body, 'dashboardUID'))) return refused(404, 'Dashboard not found');
      ids += 1;
      annotations.set(ids, { ...body, id: ids, timeEnd: body['timeEnd'] ?? body['time'] ?? 0, alertId: 0 });
      return { status: 200, answer: { message: 'Annotation added', id: ids } };
    }
    const id = Number(/^\/api\/annotations\/(\d+)$/.exec(url.pathname)?.[1]);
    return annotations.delete(id)
      ? { status: 200, answer: { message: 'Annotation deleted' } }
      : refused(404, 'Annotation not found');
  }

  function answerTo(request: { method: string; url: URL; body: JsonObject }): {
    status: number;
    answer: JsonObject | JsonObject[];
  } {
    const { method, url, body } = request;
    if (url.pathname === '/api/health')
      return { status: 200, answer: { database: 'ok', version: '12.1.0', commit: 'fake' } };
    if (url.pathname === '/api/search') {
      const wanted = (url.searchParams.get('query') ?? '').toLowerCase();
      const fitting = [...dashboards].filter(([, { model }]) =>
        textOf(model, 'title').toLowerCase().includes(wanted),
      );
      return {
        status: 200,
        answer: fitting.map(([uid, { model }]) => ({ uid, title: textOf(model, 'title'), type: 'dash-db' })),
      };
    }
    if (url.pathname.startsWith('/api/annotations')) return annotationsTo(request);
    if (url.pathname === '/api/dashboards/db' && method === 'POST') return save(body);
    const uid = /^\/api\/dashboards\/uid\/([^/]+)$/.exec(url.pathname)?.[1];
    if (uid === undefined) return refused(404, 'Not found');
    const found = dashboards.get(decodeURIComponent(uid));
    if (found === undefined) return refused(404, 'Dashboard not found');
    if (method === 'DELETE') {
      dashboards.delete(uid);
      return { status: 200, answer: { title: textOf(found.model, 'title'), message: 'Dashboard deleted' } };
    }
    const meta = { version: found.version, folderUid: found.folder, type: 'db' };
    return { status: 200, answer: { dashboard: found.model, meta } };
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET' } = request;
    const url = new URL(request.url ?? '/', 'http://fake');
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) if (chunk instanceof Uint8Array) chunks.push(chunk);
    const path = url.pathname;
    if (meddle?.({ method, path, moment: 'before', response }) === true) return;
    const text = Buffer.concat(chunks).toString('utf8');
    const parsed: unknown = text === '' ? {} : JSON.parse(text);
    const { status, answer } =
      request.headers.authorization === `Bearer ${token}`
        ? answerTo({ method, url, body: isObject(parsed) ? parsed : {} })
        : refused(401, 'Invalid API key');
    if (meddle?.({ method, path, moment: 'after', response }) === true) return;
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer));
  }

  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    dashboards,
    annotations,
    edit: (uid, model) =>
      void save({
        dashboard: { ...model, uid },
        folderUid: dashboards.get(uid)?.folder ?? '',
        overwrite: true,
        message: 'by hand',
      }),
    meddle: by => {
      meddle = by;
    },
    close: () =>
      new Promise<void>(resolve => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

function refused(status: number, message: string, name?: string): { status: number; answer: JsonObject } {
  return { status, answer: { message, ...(name === undefined ? {} : { status: name }) } };
}
