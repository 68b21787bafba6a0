import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/**
 * A fake of an S3 store, in memory, written from the public description of its API. It checks every signature (version 4),
 * which no store that can be had here does.
 */
export interface FakeS3 {
  url: string;
  bucket: string;
  accessKey: string;
  secretKey: string;
  objects: Map<string, Buffer>;
  /** Uploads that were begun and neither completed nor aborted. */
  uploads: Map<string, { key: string; pieces: Map<number, Buffer> }>;
  /** What each request was, `PUT key`; the newest last. */
  requests: string[];
  /** Answers in the place of the store where it returns a status; 0 drops the connection. A promise holds the request up. */
  fault: (request: {
    method: string;
    key: string;
    query: URLSearchParams;
  }) => number | undefined | Promise<number | undefined>;
  close(): Promise<void>;
}

const accessKey = 'AKIAFAKEFAKEFAKE';
const secretKey = 'fake/Secret+Key-0123456789abcdefghij';
const bucket = 'backups';

export async function startFakeS3(): Promise<FakeS3> {
  const server = createServer((request, response) => {
    void answer(fake, request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const fake: FakeS3 = {
    url: `http://127.0.0.1:${address.port}`,
    bucket,
    accessKey,
    secretKey,
    objects: new Map(),
    uploads: new Map(),
    requests: [],
    fault: () => undefined,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return fake;
}

async function answer(fake: FakeS3, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', fake.url);
  const method = request.method ?? '';
  const chunks: Buffer[] = [];
  const sent: AsyncIterable<Buffer> = request;
  for await (const chunk of sent) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const key = decodeURIComponent(url.pathname.slice(`/${bucket}/`.length));
  const query = url.searchParams;
  fake.requests.push(`${method} ${key}`);
  const send = (status: number, text: string | Buffer = '', headers: Record<string, string> = {}): void => {
    response.writeHead(status, {
      'content-type': 'application/xml',
      'content-length': Buffer.byteLength(text),
      ...headers,
    });
    response.end(method === 'HEAD' ? undefined : text);
  };
  const refuse = (status: number, code: string): void =>
    send(status, `<Error><Code>${code}</Code><Message>${code}</Message></Error>`);
  const wrong = wrongSignature(request, url);
  if (wrong !== undefined) return refuse(403, wrong);
  const fault = await fake.fault({ method, key, query });
  if (fault === 0) return void response.destroy();
  if (fault !== undefined) return refuse(fault, 'InternalError');
  if (!url.pathname.startsWith(`/${bucket}`)) return refuse(404, 'NoSuchBucket');
  const uploadId = query.get('uploadId');
  if (method === 'GET' && key === '' && query.has('uploads')) return send(200, unfinished(fake, query));
  if (method === 'GET' && key === '') return send(200, listing(fake, query));
  if (method === 'POST' && query.has('uploads')) {
    const id = `upload-${fake.uploads.size + 1}-${Date.now()}`;
    fake.uploads.set(id, { key, pieces: new Map() });
    return send(
      200,
      `<InitiateMultipartUploadResult><Bucket>${bucket}</Bucket><Key>${key}</Key><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
    );
  }
  if (uploadId !== null) {
    const upload = fake.uploads.get(uploadId);
    if (upload === undefined || upload.key !== key) return refuse(404, 'NoSuchUpload');
    if (method === 'PUT') {
      upload.pieces.set(Number(query.get('partNumber')), body);
      return send(200, '', { etag: etagOf(body) });
    }
    fake.uploads.delete(uploadId);
    if (method === 'DELETE') return send(204);
    const numbers = [...body.toString('utf8').matchAll(/<PartNumber>(\d+)<\/PartNumber>/g)].map(
      ([, number]) => Number(number),
    );
    const whole = Buffer.concat(numbers.map(number => upload.pieces.get(number) ?? Buffer.alloc(0)));
    fake.objects.set(key, whole);
    return send(
      200,
      `<CompleteMultipartUploadResult><Location>x</Location><Bucket>${bucket}</Bucket><Key>${key}</Key><ETag>${etagOf(whole)}</ETag></CompleteMultipartUploadResult>`,
    );
  }
  if (method === 'POST' && query.has('delete')) {
    const keys = [...body.toString('utf8').matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, each]) => each ?? '');
    for (const each of keys) fake.objects.delete(each);
    return send(
      200,
      `<DeleteResult>${keys.map(each => `<Deleted><Key>${each}</Key></Deleted>`).join('')}</DeleteResult>`,
    );
  }
  if (method === 'PUT') {
    if (request.headers['if-none-match'] === '*' && fake.objects.has(key))
      return refuse(412, 'PreconditionFailed');
    const match = request.headers['if-match'];
    const stands = fake.objects.get(key);
    if (match !== undefined && stands === undefined) return refuse(404, 'NoSuchKey');
    if (match !== undefined && stands !== undefined && match !== etagOf(stands))
      return refuse(412, 'PreconditionFailed');
    fake.objects.set(key, body);
    return send(200, '', { etag: etagOf(body) });
  }
  if (method === 'DELETE') {
    fake.objects.delete(key);
    return send(204);
  }
  const found = fake.objects.get(key);
  if (found === undefined) return refuse(404, 'NoSuchKey');
  return send(200, found, { 'content-type': 'application/octet-stream', etag: etagOf(found) });
}

function listing({ objects }: FakeS3, query: URLSearchParams): string {
  const prefix = query.get('prefix') ?? '';
  const most = Math.min(Number(query.get('max-keys') ?? 1000), 1000);
  const after = query.get('continuation-token') ?? '';
  const keys = [...objects.keys()].filter(key => key.startsWith(prefix) && key > after).sort();
  const page = keys.slice(0, most);
  const more = keys.length > page.length;
  const rows = page.map(
    key =>
      `<Contents><Key>${key}</Key><Size>${objects.get(key)?.length}</Size><ETag>x</ETag><LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>`,
  );
  return `<ListBucketResult><Name>${bucket}</Name><KeyCount>${page.length}</KeyCount><IsTruncated>${more}</IsTruncated>${rows.join('')}${more ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : ''}</ListBucketResult>`;
}

/** By key and then by id, as stores list them. */
function unfinished({ uploads }: FakeS3, query: URLSearchParams): string {
  const most = Math.min(Number(query.get('max-uploads') ?? 1000), 1000);
  const after = `${query.get('key-marker') ?? ''} ${query.get('upload-id-marker') ?? ''}`;
  const left = [...uploads]
    .map(([id, { key }]) => ({ id, key, order: `${key} ${id}` }))
    .filter(({ key, order }) => key.startsWith(query.get('prefix') ?? '') && order > after)
    .sort((a, b) => (a.order < b.order ? -1 : 1));
  const page = left.slice(0, most);
  const last = page.at(-1);
  const rows = page.map(({ id, key }) => `<Upload><Key>${key}</Key><UploadId>${id}</UploadId></Upload>`);
  const next =
    last === undefined
      ? ''
      : `<NextKeyMarker>${last.key}</NextKeyMarker><NextUploadIdMarker>${last.id}</NextUploadIdMarker>`;
  return `<ListMultipartUploadsResult><Bucket>${bucket}</Bucket>${next}<IsTruncated>${left.length > page.length}</IsTruncated>${rows.join('')}</ListMultipartUploadsResult>`;
}

function etagOf(bytes: Buffer): string {
  return `"${createHash('md5').update(bytes).digest('hex')}"`;
}

/** What is wrong with a request's proof; undefined: nothing. */
function wrongSignature(request: IncomingMessage, url: URL): string | undefined {
  const { authorization = '' } = request.headers;
  const [, id, scope = '', signed = '', signature = ''] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      authorization,
    ) ?? [];
  if (id !== accessKey) return 'InvalidAccessKeyId';
  const headers = signed.split(';').map(name => `${name}:${String(request.headers[name] ?? '').trim()}\n`);
  const query = [...url.searchParams]
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .sort()
    .join('&');
  const canonical = [
    request.method,
    url.pathname,
    query,
    headers.join(''),
    signed,
    request.headers['x-amz-content-sha256'],
  ].join('\n');
  const [date = '', region = '', service = ''] = scope.split('/');
  const keyed = (key: Buffer | string, text: string): Buffer =>
    createHmac('sha256', key).update(text).digest();
  const signing = keyed(keyed(keyed(keyed(`AWS4${secretKey}`, date), region), service), 'aws4_request');
  const digest = createHash('sha256').update(canonical).digest('hex');
  const wanted = keyed(
    signing,
    ['AWS4-HMAC-SHA256', request.headers['x-amz-date'], scope, digest].join('\n'),
  );
  return timingSafeEqual(wanted, Buffer.from(signature, 'hex')) ? undefined : 'SignatureDoesNotMatch';
}
