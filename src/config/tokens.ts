import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as z from 'zod';
import { VigieError } from '../core/errors.ts';
import { systemCode } from '../core/system-error.ts';
import { trusted } from '../core/trusted-text.ts';
import { replaceOwned, withLock } from './owned-file.ts';

/** Who may call over HTTP. The secret itself is shown once, when it is made; only its hash is kept. */
const tokenSchema = z.strictObject({
  /** A label, for lists and logs. */
  name: z.string().regex(/^[\w.@-]{1,64}$/),
  /** In whose name its calls are made: budgets and four eyes look at the person. */
  person: z.string().min(1).max(64),
  /** Of the secret, 64 hex digits. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** The only environments it sees; absent: all. */
  environments: z.array(z.string()).optional(),
  /** The only families of tools it sees; absent: all. */
  toolsets: z.array(z.string()).optional(),
  readOnly: z.boolean().optional(),
  /** ISO 8601; absent: until it is removed. */
  expiresAt: z.iso.datetime().optional(),
});

/** A token as its file keeps it. */
export type Token = z.output<typeof tokenSchema>;

const fileSchema = z.strictObject({ tokens: z.array(tokenSchema).max(1_000) });

/** Far more than a file of a thousand tokens needs. */
const fileBytes = 1024 * 1024;

/**
 * The tokens in force; none when there is no file.
 * @throws VigieError INVALID_CONFIG when it cannot be read as such, or when others could read or write it.
 */
export async function loadTokens(file: string): Promise<Token[]> {
  const text = await readPrivate(file);
  if (text === undefined) return [];
  const { parse } = await import('yaml');
  const parsed = fileSchema.safeParse(parseWith(() => parse(text, { maxAliasCount: 0 }) as unknown, file));
  if (parsed.success) return parsed.data.tokens;
  const issue = parsed.error.issues[0];
  throw invalid(file, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not as expected'}`);
}

/** Makes a token and returns its secret, which is kept nowhere. @throws VigieError ALREADY_EXISTS */
export async function addToken(
  file: string,
  token: Omit<Token, 'sha256'>,
): Promise<{ secret: string; token: Token }> {
  // 256 bits, so that guessing needs no further defence.
  const secret = `vigie_${randomBytes(32).toString('base64url')}`;
  const made = tokenSchema.parse({ ...token, sha256: hashOf(secret).toString('hex') });
  await changeTokens(file, tokens => {
    if (!tokens.some(one => one.name === token.name)) return [...tokens, made];
    throw new VigieError('ALREADY_EXISTS', `There is a token ${token.name} already.`, {
      hint: trusted`vigie tokens remove ${token.name}`,
    });
  });
  return { secret, token: made };
}

/** @throws VigieError NOT_FOUND */
export async function removeToken(file: string, name: string): Promise<void> {
  await changeTokens(file, tokens => {
    const left = tokens.filter(one => one.name !== name);
    if (left.length < tokens.length) return left;
    throw new VigieError('NOT_FOUND', `There is no token ${name}.`, { hint: 'vigie tokens list' });
  });
}

/** Reads, changes and replaces the file while nobody else does. */
async function changeTokens(file: string, change: (tokens: readonly Token[]) => Token[]): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await withLock(file, async () => {
    const tokens = change(await loadTokens(file));
    const { stringify } = await import('yaml');
    await replaceOwned(file, `${heading}${stringify({ tokens })}`);
  });
}

const heading = '# Hashes of the secrets of `vigie serve --http`. Written by vigie tokens.\n';

/** The token that this secret belongs to and that has not expired. Takes as long for a near miss as for any other. */
export function findToken(tokens: readonly Token[], secret: string, now: Date): Token | undefined {
  const hash = hashOf(secret);
  let found: Token | undefined;
  for (const token of tokens) {
    if (timingSafeEqual(hash, Buffer.from(token.sha256, 'hex'))) found = token;
  }
  return found !== undefined && isCurrent(found, now) ? found : undefined;
}

/** Whether a token has not expired. */
export function isCurrent(token: Token, now: Date): boolean {
  return token.expiresAt === undefined || Date.parse(token.expiresAt) > now.getTime();
}

function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

function invalid(file: string, why: string): VigieError {
  return new VigieError('INVALID_CONFIG', `The tokens of ${file} cannot be used: ${why}.`, {
    details: { file },
  });
}

function parseWith(parse: () => unknown, file: string): unknown {
  try {
    return parse();
  } catch {
    // The parser's message quotes the file.
    throw invalid(file, 'it is not YAML');
  }
}

async function readPrivate(file: string): Promise<string | undefined> {
  let handle: Awaited<ReturnType<typeof open>>;
  try {
    handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT') return undefined;
    throw invalid(file, `it cannot be opened (${code ?? 'unknown'})`);
  }
  try {
    const facts = await handle.stat();
    if (!facts.isFile() || facts.size > fileBytes) throw invalid(file, 'it is no file of reasonable size');
    if ((facts.mode & 0o077) !== 0) throw invalid(file, `others may open it; run chmod 600 ${file}`);
    if (process.getuid !== undefined && facts.uid !== process.getuid())
      throw invalid(file, 'it belongs to another user');
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}
