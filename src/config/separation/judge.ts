import type { AssuranceReason, Worth } from '../../core/assurance.ts';
import { mendingOf, quoted } from './mending.ts';
import { type Hole, mayEnter, type PathFacts, readingHole, writingHole } from './path-access.ts';

// Whether whoever asks for changes is kept apart from what lets them happen, judged from facts on disk alone. Every
// reason against it is in words; only where there is none is an approval `separated`. Not seen here, and said in the
// guide: rules of sudo, capabilities, group passwords, what other programs do for an agent, and a way of its own to the
// cluster.

/** Groups whose members can become root, or read the raw disk, by what they are for. */
export const rootlikeGroups = [
  'root',
  'sudo',
  'wheel',
  'admin',
  'docker',
  'lxd',
  'incus-admin',
  'libvirt',
  'disk',
  'shadow',
  'kmem',
  'staff',
  'microk8s',
] as const;

/** Enough to mend a set-up by; a folder open to everybody makes one for every account. */
const mostReasons = 30;

/** An account with all of its groups. */
export interface Member {
  login: string;
  uid: number;
  gids: ReadonlySet<number>;
  /** Absent: nobody looks at it. */
  home?: string;
}

/** Something that whoever asks must not change and, `against` reading, not even see. */
interface Guarded {
  /** `the key file` */
  what: string;
  facts: PathFacts;
  against: 'reading' | 'writing';
  /** Whose it has to be; absent: the daemon's own where nobody may read, else root's. */
  owner?: 'daemon' | Pick<Member, 'login' | 'uid'>;
}

/** Everything that the judgement goes by. */
export interface SeparationFacts {
  /** Whose process this is. */
  daemon: Member;
  accounts: readonly Member[];
  groups: readonly { name: string; gid: number }[];
  /** The folders of the two sockets. */
  agent: PathFacts;
  approve: PathFacts;
  guarded: readonly Guarded[];
  /** What could not be found out, in words. */
  unknown: readonly AssuranceReason[];
}

/** What an approval is worth by these facts. Pure. */
export function judgeSeparation(facts: SeparationFacts): Worth {
  const others = facts.accounts.filter(({ uid }) => uid !== 0 && uid !== facts.daemon.uid);
  const askers = others.filter(account => mayEnter(account, facts.agent));
  const deciders = others.filter(account => mayEnter(account, facts.approve));
  const guarded: Guarded[] = [
    ...facts.guarded,
    // Whoever may write there can put a daemon of its own in the way of the others.
    { what: "the folder of the agents' socket", facts: facts.agent, against: 'writing', owner: 'daemon' },
    {
      what: "the folder of the approvers' socket",
      facts: facts.approve,
      against: 'writing',
      owner: 'daemon',
    },
  ];
  const reasons = [
    ...facts.unknown,
    ...folderReasons(facts, askers),
    ...askers.flatMap(asker => [
      ...bothSides(asker, { facts, deciders }),
      ...groupReasons(asker, facts),
      ...guardedReasons(asker, { guarded, facts }),
    ]),
  ];
  const kept = unique(reasons);
  return {
    assurance: kept.length === 0 ? 'separated' : 'advisory',
    reasons:
      kept.length <= mostReasons
        ? kept
        : [
            ...kept.slice(0, mostReasons),
            { why: `${kept.length - mostReasons} more`, todo: 'Mend these first.' },
          ],
    askers: askers.map(({ login }) => login),
    deciders: deciders.map(({ login }) => login),
  };
}

function folderReasons(facts: SeparationFacts, askers: readonly Member[]): AssuranceReason[] {
  const { daemon, agent, approve, guarded } = facts;
  const reasons: AssuranceReason[] = [];
  for (const { what, at } of [
    { what: "the agents' socket", at: agent },
    { what: "the approvers' socket", at: approve },
    ...guarded.map(each => ({ what: each.what, at: each.facts })),
  ]) {
    if (at.fault !== undefined)
      reasons.push({
        why: `${what} (${at.path}) cannot be looked at: ${at.fault}`,
        todo: `See which folder is in the way: namei -l ${quoted(at.path)}`,
      });
  }
  const group = groupOf(agent);
  const name = facts.groups.find(({ gid }) => gid === group)?.name ?? String(group);
  if (askers.length === 0)
    reasons.push({
      why: `nobody but ${daemon.login} itself may reach the agents' socket, so whoever asks may be ${daemon.login}`,
      todo: `Let agents run as an account of their own, in the socket's group: usermod -aG vigie-agent LOGIN`,
    });
  else if (group !== undefined && daemon.gids.has(group))
    reasons.push({
      why: `${daemon.login} itself is in the agents' group ${name}, so whoever asks may be ${daemon.login}`,
      todo: `gpasswd -d ${daemon.login} ${name}`,
    });
  return reasons;
}

function groupOf(folder: PathFacts): number | undefined {
  return folder.steps.at(-1)?.entry?.gid;
}

function bothSides(
  asker: Member,
  { facts, deciders }: { facts: SeparationFacts; deciders: readonly Member[] },
): AssuranceReason[] {
  // Rights are a uid's; two logins can have one.
  const decider = deciders.find(({ uid }) => uid === asker.uid);
  if (decider === undefined) return [];
  if (!deciders.includes(asker))
    return [
      {
        why: `${asker.login} and ${decider.login} are one uid (${asker.uid}), and may reach both sockets`,
        todo: `Give ${asker.login} a uid of its own: usermod -u UID ${asker.login}`,
      },
    ];
  const gid = groupOf(facts.approve);
  const name = facts.groups.find(group => group.gid === gid)?.name;
  return [
    {
      why: `${asker.login} may reach both sockets`,
      todo:
        name !== undefined && gid !== undefined && asker.gids.has(gid)
          ? `Take it out of one group: gpasswd -d ${asker.login} ${name}`
          : `Let only one of both sides into each folder: ls -ld ${quoted(facts.agent.path)} ${quoted(facts.approve.path)}`,
    },
  ];
}

function groupReasons(asker: Member, { groups }: SeparationFacts): AssuranceReason[] {
  const rootlike: readonly string[] = rootlikeGroups;
  const superuser = groups.find(({ gid }) => gid === 0) ?? { name: 'root', gid: 0 };
  return [superuser, ...groups.filter(({ name, gid }) => gid !== 0 && rootlike.includes(name))]
    .filter(({ gid }) => asker.gids.has(gid))
    .map(({ name }) => ({
      why: `${asker.login} is in the group ${name}, which is as good as root`,
      todo: `gpasswd -d ${asker.login} ${name}`,
    }));
}

/** One for each name that is loose, however much lies behind it. */
function guardedReasons(
  asker: Member,
  { guarded, facts }: { guarded: readonly Guarded[]; facts: SeparationFacts },
): AssuranceReason[] {
  const { daemon, groups } = facts;
  const kept = new Set(guarded.map(each => each.facts.path));
  const found = new Map<string, { reason: AssuranceReason; direct: boolean }>();
  for (const each of guarded) {
    const { what, owner } = each;
    const { path } = each.facts;
    // One who may ask and decide is told of for that.
    if (typeof owner === 'object' && owner.uid === asker.uid) continue;
    const write = writingHole(asker, each.facts);
    const hole = write ?? (each.against === 'reading' ? readingHole(asker, each.facts) : undefined);
    if (hole === undefined) continue;
    const verb = write === undefined ? 'read' : 'change';
    const direct = hole.at.path === path;
    const key = JSON.stringify([what, verb, hole.at.path, hole.by]);
    if (found.has(key) && !direct) continue;
    const why = `${asker.login} may ${verb} ${what} (${path})${through(hole, each.facts)}`;
    const todo = mendingOf({
      hole,
      // What may not even be read, and can be changed by its mode, is the daemon's to read all the same.
      against: hole.by === 'mode' && write !== undefined ? 'writing' : each.against,
      asker,
      daemon,
      groups,
      whole: kept.has(hole.at.path) && each.owner === undefined,
      ...(each.owner === undefined ? {} : { owner: each.owner }),
    });
    found.set(key, { reason: { why, todo }, direct });
  }
  return [...found.values()].map(({ reason }) => reason);
}

function through({ at, by }: Hole, { path }: PathFacts): string {
  const where = at.path === path ? '' : `, through ${at.path}`;
  return by === 'acl' ? `${where === '' ? ',' : where} if its access list (ACL) says so` : where;
}

function unique(reasons: readonly AssuranceReason[]): AssuranceReason[] {
  return [...new Map(reasons.map(reason => [reason.why, reason])).values()];
}
