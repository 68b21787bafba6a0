import { VigieError } from '../core/errors.ts';
import { systemCode } from '../core/system-error.ts';
import { cleanLine } from '../core/text.ts';
import { type Trusted, trusted } from '../core/trusted-text.ts';
import type { PostgresPlace } from './postgres-place.ts';

const dropped: Omit<Reason, 'code'> = {
  why: 'something in front of the server, a pooler say, drops the settings of our connections',
  hint: trusted`Let the URL lead to the server itself: docs/guides/store.md`,
};
const unreachable = trusted`Try again; see whether the server runs and the URL leads to it: vigie doctor`;
const primary = trusted`Let the URL lead to the primary, or lift what makes the database read-only.`;

/** What is asked for when a connection is made does not count in it: somebody between here and the server dropped it. */
export class SettingsDropped extends Error {}

/** What PgBouncer says of a setting that it does not know; its code is that of any breach of the protocol. */
const settingRefused = /unsupported startup parameter/;

interface Reason {
  /** The beginning of an SQLSTATE, of a code of the operating system or TLS, or of what `pg` itself says. */
  code: string;
  why: string;
  hint: Trusted;
  retryable?: true;
}

const reasons: readonly Reason[] = [
  { code: '28', why: 'the server does not let this user in', hint: trusted`Mend the URL, or pg_hba.conf.` },
  { code: '3D000', why: 'there is no such database', hint: trusted`Make it: CREATE DATABASE` },
  {
    code: '42501',
    why: 'this user may not do that there',
    hint: trusted`Let the user own the schema vigie, or create one in the database: GRANT CREATE ON DATABASE`,
  },
  {
    code: '25006',
    why: 'it takes no writes',
    hint: primary,
    retryable: true,
  },
  { code: '53100', why: 'its disk is full', hint: trusted`Free space, then try again: nothing was written.` },
  {
    code: '53300',
    why: 'it has no connection left',
    hint: trusted`Try again, or raise max_connections.`,
    retryable: true,
  },
  {
    code: '55P03',
    why: 'another process holds it',
    hint: trusted`Try again: nothing was written.`,
    retryable: true,
  },
  {
    code: '57014',
    why: 'a statement took too long',
    hint: trusted`Try again: nothing was written.`,
    retryable: true,
  },
  {
    code: '25P0',
    why: 'this process stood still in the middle of it',
    hint: trusted`Try again: nothing was written.`,
    retryable: true,
  },
  { code: '40', why: 'another process came between', hint: trusted`Try again.`, retryable: true },
  { code: '57P', why: 'the server went down or is starting', hint: unreachable, retryable: true },
  { code: '08', why: 'the connection broke', hint: unreachable, retryable: true },
  { code: 'XX00', why: 'it is damaged', hint: trusted`Restore it from a backup.` },
  { code: '58', why: 'its disk failed to read or write', hint: trusted`Look at the disk of the server.` },
  { code: 'ENOTFOUND', why: 'there is no host of that name', hint: unreachable, retryable: true },
  { code: 'ENOENT', why: 'there is no such socket', hint: unreachable, retryable: true },
  {
    code: 'EACCES',
    why: 'this user may not open its socket',
    hint: trusted`Mend the rights of the socket, or the URL.`,
  },
  { code: 'ECONNREFUSED', why: 'nothing answers there', hint: unreachable, retryable: true },
];

/** Of the errors of TLS: the certificate counts for nothing. */
const untrusted = /CERT|SIGNATURE|ALTNAME|^ERR_(SSL|TLS)/;

/** What the pool says where all its connections are in use for too long. */
const noTurn = 'timeout exceeded when trying to connect';
/** What `pg` says without a code, told. */
const saidChars = 200;

/** What the server or the way to it said, as STORE with the place and the next step. */
export function postgresError(place: PostgresPlace, error: unknown): VigieError {
  const { why, hint, retryable = false } = reasonOf(error);
  return new VigieError('STORE', `The store (${place.name}) failed: ${why}.`, {
    hint,
    details: { reason: systemCode(error) ?? 'connection' },
    retryable,
    cause: error,
  });
}

/** Whether the connection can be used no more: the server ended it, or it is not known what it does. */
export function isLost(error: unknown): boolean {
  return !isAnswer(error) || /^(08|57P|25P0)/.test(systemCode(error) ?? '');
}

/** Whether the server said it, and no wire. */
function isAnswer(error: unknown): boolean {
  return error instanceof Error && 'severity' in error && 'routine' in error;
}

function reasonOf(error: unknown): Omit<Reason, 'code'> {
  if (error instanceof SettingsDropped || (error instanceof Error && settingRefused.test(error.message)))
    return dropped;
  const code = systemCode(error);
  const known = code === undefined ? undefined : reasons.find(reason => code.startsWith(reason.code));
  if (known !== undefined) return known;
  if (isAnswer(error))
    return { why: `the server says ${code ?? 'no'}`, hint: trusted`Run \`vigie doctor\`.` };
  if (code !== undefined && untrusted.test(code))
    return {
      why: `its certificate is not trusted (${code})`,
      hint: trusted`Name its authorities with sslrootcert in the URL: docs/guides/configuration.md`,
    };
  if (error instanceof Error && error.message === noTurn)
    return {
      why: 'this process asks more of it than it does at once',
      hint: trusted`Try again.`,
      retryable: true,
    };
  const said = code ?? cleanLine(error instanceof Error ? error.message : String(error), saidChars);
  return { why: `the connection broke or could not be made (${said})`, hint: unreachable, retryable: true };
}
