import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';

// Who an account is, the system's own database says, through `getent`: files alone would not know those of a directory
// service. It is asked without a shell, by a path that no variable moves, and it may not keep us waiting.

/** A directory service that has not answered by then answers nobody. */
const answerMs = 2_000;
/** Some ten thousand accounts. */
const maxBytes = 4 * 1024 * 1024;
/** As vigie.yaml takes them under `logins`. */
const loginPattern = /^[\w.@$-][\w .@$-]{0,63}$/;

/** An entry of the user database. */
export interface Account {
  login: string;
  uid: number;
  /** Of its primary group. */
  gid: number;
  /** Its home folder; empty where the database has none. */
  home: string;
}

/** An entry of the group database; whose primary group it is does not stand there. */
export interface Group {
  name: string;
  gid: number;
  members: readonly string[];
}

/**
 * The login of a user: by the user database; else of the account that the uid was lent to for its containers
 * (/etc/subuid), since it is that person who acts; else `uid-1234`.
 */
export async function loginOf(uid: number): Promise<string> {
  const [found] = await accountsNamed([String(uid)]);
  const login = found?.login ?? lender(await readSubordinates(), uid);
  return login !== undefined && loginPattern.test(login) ? login : `uid-${uid}`;
}

/** All accounts that the database lists. A directory service may keep its own to itself: those are found by name alone. */
export async function listAccounts(): Promise<Account[]> {
  return (await getent('passwd', [])).flatMap(accountIn);
}

/** The accounts of these names or uids; those that do not exist are left out. */
export async function accountsNamed(keys: readonly string[]): Promise<Account[]> {
  return keys.length === 0 ? [] : (await getent('passwd', keys)).flatMap(accountIn);
}

/** All groups that the database lists, and those of these names or gids. */
export async function listGroups(more: readonly string[]): Promise<Group[]> {
  const rows = [...(await getent('group', [])), ...(more.length === 0 ? [] : await getent('group', more))];
  return [...new Map(rows.flatMap(groupIn).map(group => [`${group.name}:${group.gid}`, group])).values()];
}

function accountIn([login = '', , uid = '', gid = '', , home = '']: readonly string[]): Account[] {
  if (login === '' || !isId(uid) || !isId(gid)) return [];
  return [{ login, uid: Number(uid), gid: Number(gid), home }];
}

function groupIn([name = '', , gid = '', members = '']: readonly string[]): Group[] {
  if (name === '' || !isId(gid)) return [];
  return [{ name, gid: Number(gid), members: members.split(',').filter(member => member !== '') }];
}

function isId(text: string): boolean {
  return /^\d{1,10}$/.test(text);
}

/** Its lines, split at the colons. What it has found goes out even where it fails for a name that is not there. */
function getent(database: 'passwd' | 'group', keys: readonly string[]): Promise<string[][]> {
  return new Promise(resolve => {
    execFile(
      'getent',
      ['--', database, ...keys],
      { timeout: answerMs, maxBuffer: maxBytes, env: { PATH: '/usr/bin:/bin:/usr/local/bin', LC_ALL: 'C' } },
      (_error, stdout) => resolve(stdout.split('\n').flatMap(line => (line === '' ? [] : [line.split(':')]))),
    );
  });
}

/** `/etc/subuid` has lines `login:first:count`. */
function lender(text: string, uid: number): string | undefined {
  for (const line of text.split('\n')) {
    const [owner = '', first = '', count = ''] = line.split(':');
    if (isId(first) && isId(count) && uid >= Number(first) && uid < Number(first) + Number(count))
      return owner;
  }
  return undefined;
}

async function readSubordinates(): Promise<string> {
  try {
    return await readFile('/etc/subuid', 'utf8');
  } catch {
    return '';
  }
}
