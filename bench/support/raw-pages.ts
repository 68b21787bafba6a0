import { readFileSync } from 'node:fs';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

const pageSize = 500;

// A cluster that changes fast forgets a list halfway; a client then begins anew.
const mostStarts = 5;

interface Page<Item> {
  metadata: { continue?: string };
  /** Absent in a refusal. */
  items?: Item[];
  code?: number;
  message?: string;
}

/** The baseline of every comparison: one list after the other in pages of 500 over one connection, and nothing else. */
export class RawPages {
  readonly #url: string;
  readonly #token: string;
  readonly #agent: HttpAgent;
  readonly #request: typeof httpRequest;

  constructor(at: { url: string; token: string; authorityFile?: string | undefined }) {
    const secure = at.url.startsWith('https:');
    const ca = at.authorityFile === undefined ? {} : { ca: readFileSync(at.authorityFile) };
    this.#url = at.url;
    this.#token = at.token;
    this.#agent = secure ? new HttpsAgent({ keepAlive: true, ...ca }) : new HttpAgent({ keepAlive: true });
    this.#request = secure ? httpsRequest : httpRequest;
  }

  get(path: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${this.#token}`, accept: 'application/json' };
      const sent = this.#request(`${this.#url}${path}`, { agent: this.#agent, headers }, response => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
      });
      sent.on('error', reject);
      sent.end();
    });
  }

  /** Pages as they come. What was handed out counts no more once `restart` is called: the list begins anew. */
  async *list<Item>(
    path: string,
    { selector = '', restart }: { selector?: string; restart?: () => void } = {},
  ): AsyncGenerator<Item[]> {
    let next = '';
    let starts = 1;
    for (;;) {
      const page = JSON.parse(
        await this.get(`${path}?limit=${pageSize}&continue=${next}${selector}`),
      ) as Page<Item>;
      if (page.items === undefined) {
        if (page.code !== 410 || restart === undefined || ++starts > mostStarts)
          throw new Error(`${path}: ${page.message ?? 'no list'}`);
        restart();
        next = '';
        continue;
      }
      next = encodeURIComponent(page.metadata.continue ?? '');
      yield page.items;
      if (next === '') return;
    }
  }
}
