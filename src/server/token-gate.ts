import { stat } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import { findToken, isCurrent, loadTokens, type Token } from '../config/tokens.ts';
import type { Logger } from '../telemetry/logger.ts';
import { serverLimits } from './limits.ts';
import { bearerOf, type Refusal } from './request-guards.ts';

/**
 * Lets a request in by its bearer token. The file is read again when it changed, so that a removed token ends without a
 * restart; a token that did not change stays the same object, by which its sessions are found.
 */
export class TokenGate {
  readonly #file: string;
  readonly #now: () => Date;
  readonly #log: Logger;
  #tokens: Token[] = [];
  #version = '';
  #wrong: number[] = [];
  #refreshing: Promise<void> = Promise.resolve();

  constructor(setup: { file: string; now: () => Date; log: Logger }) {
    this.#file = setup.file;
    this.#now = setup.now;
    this.#log = setup.log;
  }

  async admit(request: IncomingMessage): Promise<{ caller: Token } | Refusal> {
    await this.refresh();
    const secret = bearerOf(request);
    const token = secret === undefined ? undefined : findToken(this.#tokens, secret, this.#now());
    // The right token is let in whatever others tried before, else anybody on this machine could lock its owner out.
    return token === undefined ? this.#refuse() : { caller: token };
  }

  async stillAdmitted(token: Token): Promise<boolean> {
    await this.refresh();
    return this.#tokens.includes(token) && isCurrent(token, this.#now());
  }

  /** @throws VigieError INVALID_CONFIG: then nobody is let in. */
  refresh(): Promise<void> {
    // One at a time: two readings would make two objects of one new token.
    const next = this.#refreshing.catch(() => {}).then(() => this.#read());
    this.#refreshing = next;
    return next;
  }

  async #read(): Promise<void> {
    const facts = await stat(this.#file, { bigint: true }).catch(() => undefined);
    const version = facts === undefined ? 'none' : `${facts.ino}:${facts.mtimeNs}:${facts.size}`;
    if (version === this.#version) return;
    const before = this.#tokens;
    const read = await loadTokens(this.#file);
    this.#tokens = read.map(token => before.find(known => isDeepStrictEqual(known, token)) ?? token);
    this.#version = version;
  }

  #refuse(): Refusal {
    const now = this.#now().getTime();
    this.#wrong = this.#wrong.filter(at => now - at < 60_000);
    if (this.#wrong.length >= serverLimits.wrongTokensPerMinute) {
      return { status: 429, message: 'Too many wrong tokens.', headers: { 'retry-after': '60' } };
    }
    this.#wrong.push(now);
    this.#log.warn('mcp.wrong-token', { inTheLastMinute: this.#wrong.length });
    return {
      status: 401,
      message: 'A valid token is needed: Authorization: Bearer <token>. Make one with vigie tokens add.',
      headers: { 'www-authenticate': 'Bearer' },
    };
  }
}
