import { expect, test } from 'vitest';
import {
  judgeSeparation,
  type Member,
  rootlikeGroups,
  type SeparationFacts,
} from '../../../src/config/separation/judge.ts';
import type { Entry, PathFacts } from '../../../src/config/separation/path-access.ts';
import { fc } from '../../support/properties.ts';

const gids = { vigie: 900, agents: 901, approvers: 902 };
const daemon: Member = { login: 'vigie', uid: 900, gids: new Set([gids.vigie]) };
const agent: Member = { login: 'agent', uid: 1001, gids: new Set([1001, gids.agents]) };
const alice: Member = { login: 'alice', uid: 1002, gids: new Set([1002, gids.approvers]) };
const passerby: Member = { login: 'games', uid: 5, gids: new Set([60]) };
const root: Member = { login: 'root', uid: 0, gids: new Set([0]) };

function folder(path: string, of: Partial<Entry> = {}): Entry {
  return { path, uid: 0, gid: 0, mode: 0o755, kind: 'folder', acl: false, ...of };
}

/** A path of system folders that ends in this. */
function lying(path: string, last: Partial<Entry>): PathFacts {
  const names = path.split('/').slice(1);
  const way = [folder('/')];
  const steps: { way: Entry[]; entry?: Entry }[] = [];
  for (const [index] of names.entries()) {
    const at = `/${names.slice(0, index + 1).join('/')}`;
    const entry = index === names.length - 1 ? { ...folder(at), ...last } : folder(at);
    steps.push({ way: [...way], entry });
    way.push(entry);
  }
  return { path, steps };
}

const own = { uid: daemon.uid, gid: gids.vigie };
const secret = { ...own, kind: 'other', mode: 0o600 } as const;

/** As the guide sets it up. */
const good: SeparationFacts = {
  daemon,
  accounts: [root, daemon, agent, alice, passerby],
  groups: [
    { name: 'root', gid: 0 },
    { name: 'vigie-agent', gid: gids.agents },
    { name: 'vigie-approve', gid: gids.approvers },
    { name: 'docker', gid: 990 },
  ],
  agent: lying('/run/vigie/agent', { uid: daemon.uid, gid: gids.agents, mode: 0o750 }),
  approve: lying('/run/vigie/approve', { uid: daemon.uid, gid: gids.approvers, mode: 0o750 }),
  guarded: [
    {
      what: 'the folder of the store',
      against: 'reading',
      facts: lying('/var/lib/vigie', { ...own, mode: 0o700 }),
    },
    { what: 'the key file', against: 'reading', facts: lying('/var/lib/key', secret) },
    { what: 'the kubeconfig of prod', against: 'reading', facts: lying('/etc/vigie/prod', secret) },
    {
      what: 'the policy',
      against: 'writing',
      facts: lying('/etc/vigie/vigie.yaml', { kind: 'other', mode: 0o644 }),
    },
    {
      what: 'the program',
      against: 'writing',
      facts: lying('/usr/bin/node', { kind: 'other', mode: 0o755 }),
    },
  ],
  unknown: [],
};

const whys = (facts: SeparationFacts): string[] => judgeSeparation(facts).reasons.map(({ why }) => why);
const withAccount = (changed: Member): SeparationFacts => ({
  ...good,
  accounts: good.accounts.map(each => (each.login === changed.login ? changed : each)),
});
const withGuarded = (what: string, last: Partial<Entry>): SeparationFacts => ({
  ...good,
  guarded: good.guarded.map(each =>
    each.what === what ? { ...each, facts: lying(each.facts.path, last) } : each,
  ),
});

test('the set-up of the guide is separated, and says who decides', () => {
  expect(judgeSeparation(good)).toEqual({
    assurance: 'separated',
    reasons: [],
    askers: ['agent'],
    deciders: ['alice'],
  });
});

test.each<[string, SeparationFacts, string]>([
  [
    'an agent in both groups',
    withAccount({ ...agent, gids: new Set([...agent.gids, gids.approvers]) }),
    'agent may reach both sockets',
  ],
  [
    'an approver in both groups',
    withAccount({ ...alice, gids: new Set([...alice.gids, gids.agents]) }),
    'alice may reach both sockets',
  ],
  [
    'two logins of one uid, one on each side',
    { ...good, accounts: [...good.accounts, { ...agent, login: 'bot', gids: new Set([gids.approvers]) }] },
    'agent and bot are one uid (1001), and may reach both sockets',
  ],
  [
    "an approvers' folder that is open to everybody",
    { ...good, approve: lying('/run/vigie/approve', { uid: 900, gid: gids.approvers, mode: 0o755 }) },
    'agent may reach both sockets',
  ],
  [
    'an agent in the group docker',
    withAccount({ ...agent, gids: new Set([...agent.gids, 990]) }),
    'agent is in the group docker, which is as good as root',
  ],
  [
    'a store folder that can be gone into',
    withGuarded('the folder of the store', { ...own, mode: 0o711 }),
    'agent may read the folder of the store (/var/lib/vigie)',
  ],
  [
    'a kubeconfig that can be read',
    withGuarded('the kubeconfig of prod', { ...secret, mode: 0o604 }),
    'agent may read the kubeconfig of prod (/etc/vigie/prod)',
  ],
  [
    'a kubeconfig that is the agent’s own',
    withGuarded('the kubeconfig of prod', { ...secret, uid: agent.uid }),
    'agent may change the kubeconfig of prod (/etc/vigie/prod)',
  ],
  [
    'a policy that can be written',
    withGuarded('the policy', { kind: 'other', mode: 0o666 }),
    'agent may change the policy (/etc/vigie/vigie.yaml)',
  ],
  [
    'a program that can be written',
    withGuarded('the program', { kind: 'other', mode: 0o757 }),
    'agent may change the program (/usr/bin/node)',
  ],
  [
    'an access list that may name the agent',
    withGuarded('the key file', { ...secret, mode: 0o640, acl: true }),
    'agent may read the key file (/var/lib/key), if its access list (ACL) says so',
  ],
  [
    'a run folder that the agent may write, who could put a daemon of its own there',
    { ...good, agent: lying('/run/vigie/agent', { uid: 900, gid: gids.agents, mode: 0o770 }) },
    "agent may change the folder of the agents' socket (/run/vigie/agent)",
  ],
  [
    'an approvers’ folder that is the agent’s own',
    { ...good, approve: lying('/run/vigie/approve', { uid: agent.uid, gid: gids.approvers, mode: 0o750 }) },
    "agent may change the folder of the approvers' socket (/run/vigie/approve)",
  ],
  [
    'a path that cannot be looked at',
    {
      ...good,
      guarded: [{ what: 'the store', against: 'reading', facts: { path: '/x', steps: [], fault: 'EACCES' } }],
    },
    'the store (/x) cannot be looked at: EACCES',
  ],
  [
    'nobody in the agents’ group',
    withAccount({ ...agent, gids: new Set([1001]) }),
    "nobody but vigie itself may reach the agents' socket, so whoever asks may be vigie",
  ],
  [
    'the daemon in the agents’ group',
    { ...good, daemon: { ...daemon, gids: new Set([gids.vigie, gids.agents]) } },
    "vigie itself is in the agents' group vigie-agent, so whoever asks may be vigie",
  ],
  ['what could not be found out', { ...good, unknown: [{ why: 'no ls', todo: 'x' }] }, 'no ls'],
])('%s makes it advisory, and the reason says so', (_what, facts, why) => {
  const worth = judgeSeparation(facts);
  expect(worth.assurance).toBe('advisory');
  expect(whys(facts)).toContain(why);
  expect(worth.reasons.every(({ todo }) => todo !== '')).toBe(true);
});

test('an asker who may write what acts for a decider makes it advisory; one who is that decider is told otherwise', () => {
  const bashrc = lying('/home/alice/.bashrc', { kind: 'other', uid: alice.uid, mode: 0o666 });
  const homes = { what: 'what acts for alice', against: 'writing', facts: bashrc, owner: alice } as const;
  const facts = { ...good, guarded: [...good.guarded, homes] };
  expect(judgeSeparation(facts).reasons).toEqual([
    {
      why: 'agent may change what acts for alice (/home/alice/.bashrc)',
      todo: "chmod go-w '/home/alice/.bashrc'",
    },
  ]);
  const own = { ...homes, facts: lying('/home/alice', { uid: agent.uid, mode: 0o700 }) };
  expect(judgeSeparation({ ...good, guarded: [own] }).reasons).toEqual([
    { why: 'agent may change what acts for alice (/home/alice)', todo: "chown alice '/home/alice'" },
  ]);
  const both = { ...alice, gids: new Set([...alice.gids, gids.agents]) };
  expect(whys({ ...facts, accounts: [root, daemon, agent, both] })).not.toContain(
    'alice may change what acts for alice (/home/alice/.bashrc)',
  );
});

test('what to do about it is a command, for the name on the way that is loose', () => {
  const facts = lying('/srv/vigie/store', secret);
  const loose = facts.steps.map(({ way, entry }) => ({
    way: way.map(each => (each.path === '/srv' ? { ...each, mode: 0o777 } : each)),
    ...(entry === undefined ? {} : { entry: entry.path === '/srv' ? { ...entry, mode: 0o777 } : entry }),
  }));
  const { reasons } = judgeSeparation({
    ...good,
    guarded: [{ what: 'the store', against: 'reading', facts: { ...facts, steps: loose } }],
  });
  expect(reasons).toEqual([
    { why: 'agent may change the store (/srv/vigie/store), through /srv', todo: "chmod go-w '/srv'" },
  ]);
});

const todos = (facts: SeparationFacts): string[] => judgeSeparation(facts).reasons.map(({ todo }) => todo);

test('what it says to do leaves the daemon its own way to the file', () => {
  const kubeconfig = 'the kubeconfig of prod';
  const byGroup = { kind: 'other', gid: gids.vigie, mode: 0o644 } as const;
  expect(todos(withGuarded(kubeconfig, byGroup))).toEqual(["chmod o-rwx '/etc/vigie/prod'"]);
  expect(todos(withGuarded(kubeconfig, { ...byGroup, gid: 0 }))).toEqual([
    "chgrp 900 '/etc/vigie/prod' && chmod g=r,o-rwx '/etc/vigie/prod'",
  ]);
  expect(todos(withGuarded(kubeconfig, { ...secret, mode: 0o644 }))).toEqual([
    "chmod go-rwx '/etc/vigie/prod'",
  ]);
  const insider = withAccount({ ...agent, gids: new Set([...agent.gids, gids.vigie]) });
  const shared = lying('/etc/vigie/prod', { ...byGroup, mode: 0o640 });
  const guarded = [{ what: kubeconfig, against: 'reading', facts: shared } as const];
  expect(todos({ ...insider, guarded })).toEqual([
    'Take it out of the group that the daemon reads by: gpasswd -d agent 900',
  ]);
});

test('program and policy go to root, credentials and socket folders to the daemon', () => {
  const agents = { uid: agent.uid } as const;
  expect(todos(withGuarded('the program', { ...agents, kind: 'other' }))).toEqual([
    "chown root '/usr/bin/node'",
  ]);
  expect(todos(withGuarded('the policy', { ...agents, kind: 'other' }))).toEqual([
    "chown root '/etc/vigie/vigie.yaml'",
  ]);
  expect(todos(withGuarded('the key file', { ...secret, ...agents }))).toEqual([
    "chown vigie '/var/lib/key'",
  ]);
  expect(
    todos({ ...good, approve: lying('/run/vigie/approve', { ...agents, gid: gids.approvers, mode: 0o750 }) }),
  ).toContain("chown vigie '/run/vigie/approve'");
});

test('a folder that is loose is one reason, however much lies in it', () => {
  const dist = '/opt/vigie/dist';
  const within = (name: string): SeparationFacts['guarded'][number] => {
    const { path, steps } = lying(`${dist}/${name}`, { kind: 'other', mode: 0o644 });
    const owned = (each: Entry): Entry => (each.path === dist ? { ...each, uid: agent.uid } : each);
    const loose = steps.map(({ way, entry }) => ({
      way: way.map(owned),
      ...(entry === undefined ? {} : { entry: owned(entry) }),
    }));
    return { what: 'the program', against: 'writing', facts: { path, steps: loose } };
  };
  const files = Array.from({ length: 100 }, (_none, index) => within(`${index}.js`));
  const folderItself = {
    what: 'the program',
    against: 'writing',
    facts: lying(dist, { uid: agent.uid }),
  } as const;
  const guarded = [...files, folderItself, ...files];
  expect(judgeSeparation({ ...good, guarded }).reasons).toEqual([
    { why: `agent may change the program (${dist})`, todo: `chown -R root '${dist}'` },
  ]);
});

test('root, the daemon itself and whoever reaches no socket are nobody’s reason', () => {
  const open = {
    ...good,
    accounts: [
      { ...root, gids: new Set([0, gids.agents, gids.approvers]) },
      { ...daemon, gids: new Set([gids.vigie, gids.approvers]) },
      { ...passerby, gids: new Set([60, 990]) },
      agent,
      alice,
    ],
  };
  expect(judgeSeparation(open).assurance).toBe('separated');
});

test('a set-up with a hundred holes is told in thirty lines', () => {
  const crowd = Array.from({ length: 100 }, (_none, index) => ({
    login: `agent${index}`,
    uid: 2_000 + index,
    gids: new Set([gids.agents, 990]),
  }));
  const { reasons } = judgeSeparation({ ...good, accounts: [...good.accounts, ...crowd] });
  expect(reasons).toHaveLength(31);
  expect(reasons.at(-1)).toMatchObject({ why: '70 more' });
});

const account = fc.record({
  login: fc.stringMatching(/^[a-z]{3,8}$/),
  uid: fc.integer({ min: 0, max: 6 }),
  gids: fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { maxLength: 4 }).map(list => new Set(list)),
});
const entry = fc.record({
  uid: fc.integer({ min: 0, max: 6 }),
  gid: fc.integer({ min: 0, max: 6 }),
  mode: fc.oneof(
    fc.integer({ min: 0, max: 0o1777 }),
    // A set-up is closed by intent, seldom by chance.
    fc.constantFrom(0o600, 0o700, 0o710, 0o750),
  ),
  acl: fc.boolean(),
});
const anyFacts = fc
  .record({
    daemon: account,
    accounts: fc.array(account, { maxLength: 8 }),
    groupNames: fc.array(fc.constantFrom(...rootlikeGroups, 'users', 'vigie-agent'), { maxLength: 4 }),
    agent: entry,
    approve: entry,
    store: entry,
  })
  .map(
    (made): SeparationFacts => ({
      daemon: made.daemon,
      accounts: made.accounts,
      groups: made.groupNames.map((name, index) => ({ name, gid: index + 1 })),
      agent: lying('/run/agent', made.agent),
      approve: lying('/run/approve', made.approve),
      guarded: [{ what: 'the store', against: 'reading', facts: lying('/var/store', made.store) }],
      unknown: [],
    }),
  );

test('separated means: nobody who may ask may decide, read or write the store, or is as good as root (property)', () => {
  let separated = 0;
  fc.assert(
    fc.property(anyFacts, facts => {
      const worth = judgeSeparation(facts);
      expect(worth.reasons.length === 0).toBe(worth.assurance === 'separated');
      if (worth.assurance === 'advisory') return;
      separated++;
      const bits = (member: Member, path: PathFacts): number => {
        const last = path.steps.at(-1)?.entry;
        if (last === undefined) return 0;
        if (last.uid === member.uid) return 7;
        const group = (last.mode >> 3) & 7;
        return (member.gids.has(last.gid) ? group : last.mode & 7) | (last.acl ? group : 0);
      };
      const askers = facts.accounts.filter(
        each => each.uid !== 0 && each.uid !== facts.daemon.uid && (bits(each, facts.agent) & 1) === 1,
      );
      expect(askers.length).toBeGreaterThan(0);
      for (const asker of askers) {
        expect(bits(asker, facts.approve) & 1).toBe(0);
        expect(facts.guarded.map(each => bits(asker, each.facts))).toEqual([0]);
        expect(asker.gids.has(0)).toBe(false);
      }
    }),
    { numRuns: 20_000 },
  );
  expect(separated).toBeGreaterThan(10);
});

test('no right that is added ever makes it worth more (property)', () => {
  fc.assert(
    fc.property(anyFacts, fc.integer({ min: 0, max: 0o777 }), (facts, more) => {
      const before = judgeSeparation(facts);
      const looser = {
        ...facts,
        guarded: facts.guarded.map(each => ({
          ...each,
          facts: {
            ...each.facts,
            steps: each.facts.steps.map(step =>
              step.entry === undefined
                ? step
                : { ...step, entry: { ...step.entry, mode: step.entry.mode | more } },
            ),
          },
        })),
      };
      if (before.assurance === 'advisory') expect(judgeSeparation(looser).assurance).toBe('advisory');
    }),
    { numRuns: 3_000 },
  );
});
