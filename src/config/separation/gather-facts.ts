import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { AssuranceReason, Worth } from '../../core/assurance.ts';
import type { Config } from '../config.ts';
import { type Account, accountsNamed, type Group, listAccounts, listGroups, loginOf } from './accounts.ts';
import { guardedPaths } from './guarded-paths.ts';
import { homePaths } from './home-paths.ts';
import { judgeSeparation, type Member, rootlikeGroups, type SeparationFacts } from './judge.ts';
import { mayEnter, type PathFacts } from './path-access.ts';
import { lookAlong } from './path-facts.ts';
import { lookThroughProgram, type ProgramTree } from './program-tree.ts';
import { systemPaths } from './system-paths.ts';

/** A mode that an administrator changes shows this much later: each look costs some hundred system calls. */
const keptMs = 60_000;

/** More people than decide on one machine. */
const mostHomes = 50;
/** All files of the program are some ten thousand looks; only whoever owns one can loosen it. */
const programKeptMs = 10 * 60_000;

/** An installation that runs as a daemon of its own account. */
export interface DaemonPlace {
  config: Config;
  /** The folders of the two sockets. */
  agentFolder: string;
  approveFolder: string;
  /** Node and the main file. */
  program: readonly string[];
  env: NodeJS.ProcessEnv;
  /** Logins that came to the approvers' socket without a right to; absent: none. */
  strays?: ReadonlySet<string>;
}

/** What an approval is worth in a daemon, looked at anew at most once a minute. */
export class SeparationWatch {
  readonly #now: () => Date;
  #program: { at: number; tree: Promise<ProgramTree> } | undefined;
  #last: { config: Config; strays: number; at: number; worth: Promise<Worth> } | undefined;

  constructor(now: () => Date) {
    this.#now = now;
  }

  /** When accounts and files were last looked at; undefined: not yet. */
  get lookedAt(): Date | undefined {
    return this.#last === undefined ? undefined : new Date(this.#last.at);
  }

  worth(place: DaemonPlace): Promise<Worth> {
    const now = this.#now().getTime();
    const last = this.#last;
    const strays = place.strays?.size ?? 0;
    const same = last?.config === place.config && last.strays === strays;
    if (same && Math.abs(now - last.at) < keptMs) return last.worth;
    const worth = this.#look(place, last?.worth);
    this.#last = { config: place.config, strays, at: now, worth };
    return worth;
  }

  #lookThrough(place: DaemonPlace): Promise<ProgramTree> {
    const now = this.#now().getTime();
    if (this.#program === undefined || Math.abs(now - this.#program.at) >= programKeptMs)
      this.#program = { at: now, tree: lookThrough(place) };
    return this.#program.tree;
  }

  /** The same object where nothing is otherwise, so that nobody builds anything anew. */
  async #look(place: DaemonPlace, before: Promise<Worth> | undefined): Promise<Worth> {
    const strays = [...(place.strays ?? [])];
    const judged = judgeSeparation(await gatherSeparation(place, await this.#lookThrough(place)));
    const worth = strays.length === 0 ? judged : { ...judged, strays };
    const known = await before?.catch(() => undefined);
    return known !== undefined && isDeepStrictEqual(known, worth) ? known : worth;
  }
}

/** Looks at accounts, groups and files. What cannot be found out is among the facts: it counts against separation. */
export async function gatherSeparation(place: DaemonPlace, program?: ProgramTree): Promise<SeparationFacts> {
  const tree = program ?? (await lookThrough(place));
  const open = tree.open.map(({ path }) => ({ what: 'the program', path, against: 'writing' as const }));
  const guarded = [...(await guardedPaths(place)), ...(await systemPaths()), ...open];
  const { facts, aclsKnown } = await lookAlong([
    place.agentFolder,
    place.approveFolder,
    ...guarded.map(({ path }) => path),
  ]);
  const at = (path: string): PathFacts => facts.get(path) ?? { path, steps: [], fault: 'not looked at' };
  const [agent, approve] = [at(place.agentFolder), at(place.approveFolder)];
  const members = await readMembers([agent, approve]);
  const homes = await lookAtHomes(members, approve);
  return {
    ...members,
    agent,
    approve,
    guarded: [...guarded.map(({ path, ...each }) => ({ ...each, facts: at(path) })), ...homes],
    unknown: [
      ...(tree.whole ? [] : [tooMuchProgram]),
      ...(members.accounts.length === 0 ? [noAccounts] : []),
      ...(aclsKnown ? [] : [noAccessLists]),
    ],
  };
}

/** Every account that the system lists, and those that it only knows by name as members of a group that matters here. */
async function readMembers(
  sockets: readonly PathFacts[],
): Promise<Pick<SeparationFacts, 'accounts' | 'groups' | 'daemon'>> {
  const socketGids = sockets.flatMap(({ steps }) => steps.at(-1)?.entry?.gid ?? []);
  const [listed, groups] = await Promise.all([
    listAccounts(),
    listGroups([...rootlikeGroups, ...socketGids.map(String)]),
  ]);
  const known = new Set(listed.map(({ login }) => login));
  const unlisted = new Set(
    groups
      .filter(({ gid }) => socketGids.includes(gid))
      .flatMap(({ members }) => members)
      .filter(login => !known.has(login)),
  );
  const accounts = [...listed, ...(await accountsNamed([...unlisted]))].map(account =>
    memberOf(account, groups),
  );
  const uid = process.getuid?.() ?? -1;
  const gids = [process.getgid?.() ?? -1, ...(process.getgroups?.() ?? [])];
  return { accounts, groups, daemon: { login: await loginOf(uid), uid, gids: new Set(gids) } };
}

/**
 * Whether the databases of this machine let somebody into a folder, whatever groups their process has; undefined where
 * they tell nothing.
 */
export async function isLetInto(
  folder: string,
  { login, uid }: { login: string; uid: number },
): Promise<boolean | undefined> {
  const { facts } = await lookAlong([folder]);
  const at = facts.get(folder);
  if (at?.steps.at(-1)?.entry === undefined || at.fault !== undefined) return undefined;
  const gid = at.steps.at(-1)?.entry?.gid;
  const [listed, named, groups] = await Promise.all([
    listAccounts(),
    accountsNamed([login]),
    listGroups(gid === undefined ? [] : [String(gid)]),
  ]);
  if (listed.length === 0) return undefined;
  const known = [...listed.filter(account => account.uid === uid), ...named];
  return known.some(account => mayEnter(memberOf(account, groups), at));
}

/**
 * The homes of those who decide. What the daemon cannot look at, as under systemd's ProtectHome=, is left out and no reason:
 * `vigie doctor` looks at a person's own.
 */
async function lookAtHomes(
  { accounts, daemon }: Pick<SeparationFacts, 'accounts' | 'daemon'>,
  approve: PathFacts,
): Promise<SeparationFacts['guarded']> {
  const homes = accounts
    .filter(each => each.uid !== 0 && each.uid !== daemon.uid && mayEnter(each, approve))
    .slice(0, mostHomes)
    .flatMap(owner => homePaths(owner.home ?? '').map(path => ({ owner, path })));
  const { facts } = await lookAlong(homes.map(({ path }) => path));
  return homes.flatMap(({ owner, path }) => {
    const found = facts.get(path);
    if (found === undefined || found.fault !== undefined) return [];
    return [{ what: `what acts for ${owner.login}`, against: 'writing' as const, facts: found, owner }];
  });
}

function memberOf({ login, uid, gid, home }: Account, groups: readonly Group[]): Member {
  const more = groups.filter(({ members }) => members.includes(login)).map(group => group.gid);
  return { login, uid, gids: new Set([gid, ...more]), home };
}

async function lookThrough({ program }: DaemonPlace): Promise<ProgramTree> {
  const main = program.at(-1);
  if (main === undefined) return { open: [], whole: true };
  const code = dirname(main);
  return lookThroughProgram({ code, own: dirname(code) });
}

const tooMuchProgram: AssuranceReason = {
  why: 'not every file of the program was looked at: there are too many, or too many that a group or everybody may write',
  todo: 'In the folder where Vigie is installed, as root: chmod -R go-w . && chown -R root: .',
};
const noAccounts: AssuranceReason = {
  why: 'the accounts of this machine cannot be listed',
  todo: 'See that this prints them: getent passwd',
};
const noAccessLists: AssuranceReason = {
  why: 'whether access lists (ACL) let somebody in cannot be told here',
  todo: 'Install the ls of GNU coreutils, which shows them.',
};
