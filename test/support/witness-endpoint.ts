import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface WitnessEndpoint {
  url: string;
  /** Of the authority that signed its certificate. */
  caFile: string;
  posts: { body: unknown; authorization: string | undefined }[];
  /** What it answers instead of doing its work; undefined: it works. */
  answer: { status: number; text: string; location?: string } | undefined;
  /** True: it hears of rows, keeps none and never answers. */
  silent: boolean;
  close(): Promise<void>;
}

interface Line {
  installation: string;
  sequence: number;
  hash: string;
}

/** An endpoint that keeps every line for good, behind TLS with a certificate of an authority of its own. */
export async function startEndpoint(folder: string): Promise<WitnessEndpoint> {
  const { key, cert, caFile } = await certificate(folder);
  const lines: Line[] = [];
  const endpoint: WitnessEndpoint = {
    url: '',
    caFile,
    posts: [],
    answer: undefined,
    silent: false,
    close: () =>
      new Promise(resolve => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  const server = createServer({ key, cert }, (request, response) => {
    let text = '';
    request.on('data', (part: Buffer) => {
      text += part.toString();
    });
    request.on('end', () => {
      if (request.method === 'POST') {
        const body: unknown = JSON.parse(text);
        endpoint.posts.push({ body, authorization: request.headers.authorization });
      }
      if (endpoint.silent && request.method === 'POST') return;
      const {
        status,
        text: said,
        location,
      } = endpoint.answer ?? work(request.method ?? '', { url: request.url ?? '', text, lines });
      response.writeHead(status, location === undefined ? {} : { location }).end(said);
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  // A server on a port of the net tells its address as an object.
  endpoint.url = `https://localhost:${(server.address() as AddressInfo).port}/audit`;
  return endpoint;
}

function work(
  method: string,
  asked: { url: string; text: string; lines: Line[] },
): { status: number; text: string; location?: string } {
  const { lines } = asked;
  if (method === 'POST') {
    const { installation, sequence, hash } = JSON.parse(asked.text) as Line;
    const known = lines.find(line => line.installation === installation && line.sequence === sequence);
    if (known !== undefined && known.hash !== hash) return { status: 409, text: '' };
    if (known === undefined) lines.push({ installation, sequence, hash });
    return { status: 204, text: '' };
  }
  const wanted = new URL(asked.url, 'https://localhost').searchParams.get('installation');
  const [newest] = lines.filter(line => line.installation === wanted).sort((a, b) => b.sequence - a.sequence);
  return newest === undefined ? { status: 404, text: '' } : { status: 200, text: JSON.stringify(newest) };
}

async function certificate(folder: string): Promise<{ key: Buffer; cert: Buffer; caFile: string }> {
  const at = (name: string) => join(folder, name);
  const openssl = (...words: string[]) => run('openssl', words, { cwd: folder });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await openssl(
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-days',
    '2',
    '-subj',
    '/CN=test authority',
  );
  await openssl('req', ...newKey, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=localhost');
  await writeFile(at('names'), 'subjectAltName=DNS:localhost\n');
  await openssl(
    'x509',
    '-req',
    '-in',
    'server.csr',
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-out',
    'server.pem',
    '-days',
    '2',
    '-extfile',
    'names',
  );
  return {
    key: await readFile(at('server.key')),
    cert: await readFile(at('server.pem')),
    caFile: at('ca.pem'),
  };
}
