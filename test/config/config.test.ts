import { chmod, chown, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Config, loadConfig } from '../../src/config/config.ts';
import { configTemplate } from '../../src/config/template.ts';
import { place, temporaryFolder } from './temporary-folder.ts';

interface Machine {
  folder: string;
  env: NodeJS.ProcessEnv;
  load: (some?: { file?: string; byClient?: true; env?: NodeJS.ProcessEnv }) => Promise<Config>;
}

/** A user's home and a place for root's files, both empty. */
async function machine(): Promise<Machine> {
  const folder = await temporaryFolder();
  for (const name of ['.config/vigie', '.kube', 'etc', 'data']) {
    await mkdir(join(folder, name), { recursive: true, mode: 0o700 });
  }
  const env = { HOME: folder, VIGIE_HOME: join(folder, 'data') };
  return {
    folder,
    env,
    load: ({ file, byClient, env: more } = {}) =>
      loadConfig({
        ...(byClient === undefined ? {} : { byClient }),
        env: { ...env, ...more },
        systemFolder: join(folder, 'etc'),
        ...(file === undefined ? {} : { file }),
      }),
  };
}

async function load(text: string): Promise<Config> {
  const here = await machine();
  return here.load({ file: await place(join(here.folder, 'vigie.yaml'), text) });
}

async function refusal(text: string): Promise<string> {
  const here = await machine();
  const file = await place(join(here.folder, 'vigie.yaml'), text);
  const error: unknown = await here.load({ file }).then(
    () => expect.unreachable(),
    (refused: unknown) => refused,
  );
  expect(error).toMatchObject({ code: 'INVALID_CONFIG', details: { file } });
  return (error as Error).message.replace(`${file}:`, '');
}

const kubeconfig = (current: string) =>
  `apiVersion: v1\nkind: Config\ncurrent-context: ${current}\ncontexts:\n- {name: "${current}", context: {cluster: c, user: u}}\n`;

describe('without a vigie.yaml', () => {
  test('the current kube context is the one environment: reads are allowed, every change is asked for', async () => {
    const { folder, load } = await machine();
    await place(join(folder, '.kube', 'config'), kubeconfig('arn:aws:eks:eu-1:12:cluster/Prod'));
    const config = await load();
    expect(config).toMatchObject({
      file: undefined,
      floor: undefined,
      hints: [],
      approversFile: join(folder, 'data/config/approvers.yaml'),
    });
    expect(config.environments).toEqual([
      {
        name: 'arn-aws-eks-eu-1-12-cluster-prod',
        cluster: { kind: 'kube', context: 'arn:aws:eks:eu-1:12:cluster/Prod', insecureSkipTlsVerify: false },
        namespaces: undefined,
        clusterScoped: false,
        policy: {
          low: 'ask',
          medium: 'ask',
          high: 'ask',
          approvers: { fourEyes: false },
          elicitation: false,
          maxTargets: 5,
          ticketTtlSeconds: 86_400,
          budget: {
            automaticPerHour: 20,
            perObjectPerDay: 5,
            openTickets: 10,
            proposalsPerHour: 60,
            coolDownSeconds: 3600,
          },
          freeze: [],
          protect: [],
        },
        secrets: new Map(),
        integrations: {},
      },
    ]);
  });

  test('of several kubeconfigs the first to name a context wins, and missing ones are skipped', async () => {
    const { folder, load } = await machine();
    const one = await place(join(folder, 'one'), kubeconfig('one'));
    const two = await place(join(folder, 'two'), kubeconfig('two'));
    const config = await load({ env: { KUBECONFIG: [join(folder, 'none'), one, two].join(':') } });
    expect(config.environments.map(each => each.name)).toEqual(['one']);
  });

  test('and without a kubeconfig there is no environment, and what to do is said', async () => {
    const { load } = await machine();
    const config = await load();
    expect(config.environments).toEqual([]);
    expect(config.hints.join(' ')).toContain('vigie init');
  });
});

describe('which file counts', () => {
  const one = 'environments: {one: {sandbox: {}}}\n';
  const names = (config: Config) => config.environments.map(each => each.name);

  test('the named one over VIGIE_CONFIG over the one in the config folder', async () => {
    const { folder, load } = await machine();
    const named = await place(join(folder, 'named.yaml'), 'environments: {named: {sandbox: {}}}\n');
    const variable = await place(join(folder, 'variable.yaml'), 'environments: {variable: {sandbox: {}}}\n');
    const home = await place(join(folder, '.config/vigie/vigie.yaml'), one);
    const env = { VIGIE_CONFIG: variable };
    expect(names(await load({ file: named, env }))).toEqual(['named']);
    expect(names(await load({ env }))).toEqual(['variable']);
    expect(await load()).toMatchObject({
      file: home,
      approversFile: join(folder, '.config/vigie/approvers.yaml'),
    });
  });

  test('never one in the working directory, whichever variable leads there', async () => {
    const { folder, load } = await machine();
    const before = process.cwd();
    const repository = join(folder, 'repository');
    await mkdir(repository, { mode: 0o700 });
    await symlink(join(repository, 'vigie.yaml'), join(folder, 'link.yaml'));
    const file = await place(join(repository, 'vigie.yaml'), one);
    process.chdir(repository);
    try {
      expect(names(await load())).toEqual([]);
      for (const VIGIE_CONFIG of [file, 'vigie.yaml', '../repository/vigie.yaml', join(folder, 'link.yaml')])
        await expect(load({ env: { VIGIE_CONFIG } }), VIGIE_CONFIG).rejects.toMatchObject({
          code: 'INVALID_CONFIG',
          message: expect.stringContaining('VIGIE_CONFIG'),
        });
      for (const VIGIE_HOME of [join(repository, '.v'), '.v', repository, '../elsewhere'])
        await expect(load({ env: { VIGIE_HOME } }), VIGIE_HOME).rejects.toMatchObject({
          code: 'INVALID_CONFIG',
        });
      await expect(load({ env: { HOME: repository, VIGIE_HOME: '' } })).rejects.toMatchObject({
        message: expect.stringContaining('HOME'),
      });
      // A person may name one by hand; a client's settings may have come with the repository.
      expect(names(await load({ file: 'vigie.yaml' }))).toEqual(['one']);
      await expect(load({ file, byClient: true })).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
    } finally {
      process.chdir(before);
    }
  });

  test('a named one that is missing is an error and never another one', async () => {
    const { folder, load } = await machine();
    await place(join(folder, '.config/vigie/vigie.yaml'), one);
    await expect(load({ file: join(folder, 'none.yaml') })).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
  });

  test('approvers that were there before the first vigie.yaml stay in force', async () => {
    const { folder, load } = await machine();
    await mkdir(join(folder, 'data', 'config'));
    const early = await place(join(folder, 'data', 'config', 'approvers.yaml'), 'entries: []\n');
    await place(join(folder, '.config/vigie/vigie.yaml'), one);
    expect((await load()).approversFile).toBe(early);
    const beside = await place(join(folder, '.config/vigie/approvers.yaml'), 'entries: []\n');
    expect((await load()).approversFile).toBe(beside);
  });
});

test('every key is read', async () => {
  const config = await load(`
people: {alice: {groups: [oncall, leads], logins: [al, alice-work]}, bob: {}}
environments:
  prod:
    kube: {context: prod, kubeconfig: /k, namespaces: [shop, payments], clusterScoped: true, insecureSkipTlsVerify: true}
    policy:
      low: allow
      high: deny
      approvers: {medium: [oncall], high: [leads], fourEyes: true}
      maxTargets: 3
      ticketTtl: 90m
      budget: {automaticPerHour: 0, perObjectPerDay: 2, openTickets: 3, proposalsPerHour: 7, coolDown: 2h}
      freeze: [{from: "Fri 17:00", to: "Mon 08:00", timeZone: Europe/Paris, exceptIncidents: true}]
      protect: [{kind: PersistentVolumeClaim}, {labels: "vigie.dev/protected=true"}]
    secrets: {db: "env:DB", tls: "file:/run/tls"}
  toy:
    sandbox: {world: shop}
`);
  expect(config.people.get('alice')).toEqual({
    groups: ['oncall', 'leads'],
    logins: ['al', 'alice-work'],
  });
  const [prod, toy] = config.environments;
  expect(prod).toMatchObject({
    name: 'prod',
    cluster: { kind: 'kube', context: 'prod', kubeconfig: '/k', insecureSkipTlsVerify: true },
    namespaces: ['shop', 'payments'],
    clusterScoped: true,
    policy: {
      low: 'allow',
      medium: 'ask',
      high: 'deny',
      approvers: { medium: ['oncall'], high: ['leads'], fourEyes: true },
      maxTargets: 3,
      ticketTtlSeconds: 5400,
      budget: {
        automaticPerHour: 0,
        perObjectPerDay: 2,
        openTickets: 3,
        proposalsPerHour: 7,
        coolDownSeconds: 7200,
      },
      freeze: [{ from: 'Fri 17:00', to: 'Mon 08:00', timeZone: 'Europe/Paris', exceptIncidents: true }],
      protect: [{ kind: 'PersistentVolumeClaim' }, { labels: 'vigie.dev/protected=true' }],
    },
  });
  expect([...(prod?.secrets ?? [])].map(([alias, reference]) => `${alias} ${String(reference)}`)).toEqual([
    'db env:DB',
    'tls file:/run/tls',
  ]);
  expect(toy).toMatchObject({
    name: 'toy',
    cluster: { kind: 'sandbox', world: 'shop' },
    clusterScoped: true,
  });
});

test('the hash is that of what is in force: not of comments and order, but of every rule, reference and group', async () => {
  const text = (policy: string, more = '') =>
    `people: {al: {groups: [g]}}\nenvironments: {p: {kube: {context: c}, policy: {${policy}}, secrets: {s: "env:A"}}${more}}\n`;
  const base = await load(text('low: allow, high: deny'));
  expect(base.hash).toMatch(/^[0-9a-f]{64}$/);
  expect((await load(`# a comment\n${text('high: deny, low: allow, medium: ask')}`)).hash).toBe(base.hash);
  const others = await Promise.all([
    load(text('low: allow')),
    load(text('low: allow, high: deny', ', q: {sandbox: {}}')),
    load(text('low: allow, high: deny').replace('env:A', 'env:B')),
    load(text('low: allow, high: deny').replace('[g]', '[g, h]')),
    load(text('low: allow, high: deny').replace('context: c', 'context: d')),
    load(text('low: allow, high: deny, budget: {openTickets: 11}')),
  ]);
  expect(new Set([base, ...others].map(config => config.hash)).size).toBe(7);
});

describe('a file with a mistake is refused whole, with its line and column:', () => {
  const prod = 'environments:\n  prod:\n    kube: {context: a}\n';
  test.each([
    [
      'a misspelt key',
      `${prod}    polcy: {}\n`,
      '4:5: environments.prod.polcy: there is no key polcy (did you mean policy?).',
    ],
    [
      'a misspelt rule',
      `${prod}    policy:\n      hihg: deny\n`,
      '5:7: environments.prod.policy.hihg: there is no key hihg (did you mean high?).',
    ],
    [
      'a key of the section within',
      `${prod}    budget: {openTickets: 3}\n`,
      '4:5: environments.prod.budget: there is no key budget here; it belongs under policy.',
    ],
    [
      'a key of a section above',
      `${prod}    policy: {witness: {}}\n`,
      '4:14: environments.prod.policy.witness: there is no key witness here; it belongs at the top of the file.',
    ],
    [
      'a key of an environment at the top',
      'polcy: {}\n',
      '1:1: polcy: there is no key polcy (did you mean policy under environments.NAME?).',
    ],
    [
      'no verdict',
      `${prod}    policy: {low: sure}\n`,
      '4:14: environments.prod.policy.low: Invalid option: expected one of "allow"|"ask"|"deny".',
    ],
    [
      'kube and sandbox at once',
      `${prod}    sandbox: {}\n`,
      '4:5: environments.prod.sandbox: an environment is a cluster (kube) or a sandbox, never both.',
    ],
    [
      'neither',
      'environments:\n  prod: {}\n',
      '2:3: environments.prod: an environment needs kube or sandbox, or one of ',
    ],
    [
      'a name that is none',
      'environments:\n  Prod!: {}\n',
      '2:3: environments.Prod!: the name must be lower-case letters, digits and dashes, at most 63.',
    ],
    [
      'an unknown group',
      `people: {al: {groups: [leads]}}\n${prod}    policy: {approvers: {high: [leeds]}}\n`,
      '5:33: environments.prod.policy.approvers.high.0: nobody under people is in the group leeds (did you mean leads?).',
    ],
    [
      'one login of two people',
      'people: {al: {logins: [x]}, bo: {logins: [x]}}\n',
      '1:43: people.bo.logins.0: x is al already.',
    ],
    [
      "a login that is another person's name",
      'people: {al: {logins: [bo]}, bo: {}}\n',
      '1:24: people.al.logins.0: bo is a person of that name.',
    ],
    [
      'a freeze that is none',
      `${prod}    policy: {freeze: [{from: "17:00", to: "Mon 08:00", timeZone: UTC}]}\n`,
      '4:24: environments.prod.policy.freeze.0.from: must be like "Fri 17:00".',
    ],
    [
      'a time zone that is none',
      `${prod}    policy: {freeze: [{from: "Fri 17:00", to: "Mon 08:00", timeZone: Mars}]}\n`,
      '4:60: environments.prod.policy.freeze.0.timeZone: is no time zone, like Europe/Paris or UTC.',
    ],
    [
      'a protection of nothing',
      `${prod}    policy: {protect: [{}]}\n`,
      '4:24: environments.prod.policy.protect.0: must name a kind, name, namespace or labels.',
    ],
    [
      'too long a ticket',
      `${prod}    policy: {ticketTtl: 31d}\n`,
      '4:14: environments.prod.policy.ticketTtl: must be a duration from 1m to 30d, like 24h.',
    ],
    [
      'elicitation with four eyes',
      `${prod}    policy: {elicitation: true, approvers: {fourEyes: true}}\n`,
      "4:14: environments.prod.policy.elicitation: cannot go with fourEyes: a client's own prompt does not say who answered.",
    ],
    ['a key given twice', `${prod}    kube: {context: b}\n`, '4:5: a key is given twice.'],
    ['no YAML', 'environments: [\n', '2:1: '],
    ['two documents', `${prod}---\n${prod}`, '5:1: only one document may stand here.'],
    ['a list', '- a\n', '1:1: a document must be a mapping (`key: value` lines).'],
    ['__proto__', 'people:\n  __proto__: {groups: [leads]}\n', '2:3: the key __proto__ is not allowed.'],
  ])('%s', async (_name, text, message) => {
    expect(await refusal(text)).toContain(message);
  });

  test('a secret written out is refused and not repeated', async () => {
    const message = await refusal(`${prod}    secrets:\n      db: hunter2\n`);
    expect(message).toBe(
      '5:7: environments.prod.secrets.db: must be env:NAME or file:/absolute/path, never the value itself.',
    );
  });
});

describe('a file that others may have written is refused:', () => {
  const text = 'environments: {}\n';
  test.each([0o620, 0o602, 0o666])('with the mode %o', async mode => {
    const { folder, load } = await machine();
    const file = await place(join(folder, 'vigie.yaml'), text, mode);
    await expect(load({ file })).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      details: { why: 'its group or everybody may write it' },
    });
  });

  test('in a folder that everybody may write', async () => {
    const { folder, load } = await machine();
    const file = await place(join(folder, '.config/vigie/vigie.yaml'), text);
    await chmod(join(folder, '.config/vigie'), 0o777);
    await expect(load({ file })).rejects.toMatchObject({
      details: { why: 'the group of its folder or everybody may write there' },
    });
  });

  test('behind a symbolic link, or a folder, or larger than 1 MB', async () => {
    const { folder, load } = await machine();
    const file = await place(join(folder, 'real.yaml'), text);
    await symlink(file, join(folder, 'link.yaml'));
    await expect(load({ file: join(folder, 'link.yaml') })).rejects.toMatchObject({
      details: { why: 'it is a symbolic link' },
    });
    await expect(load({ file: folder })).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
    const large = await place(join(folder, 'large.yaml'), `# ${'x'.repeat(1024 * 1024)}`);
    await expect(load({ file: large })).rejects.toMatchObject({
      details: { why: 'it is larger than 1048576 bytes' },
    });
  });

  // Only root can give a file away.
  test.skipIf(process.getuid?.() !== 0)('of another user', async () => {
    const { folder, load } = await machine();
    const file = await place(join(folder, 'vigie.yaml'), text);
    await chown(file, 12_345, 12_345);
    await expect(load({ file })).rejects.toMatchObject({
      details: { why: 'it belongs to another user (uid 12345)' },
    });
  });
});

// The floor must be root's, and so must be written by root here.
describe.skipIf(process.getuid?.() !== 0)("root's file is a floor:", () => {
  const floor = `
people: {alice: {groups: [leads]}}
environments:
  prod:
    kube: {context: prod, namespaces: [shop, payments]}
    policy:
      low: ask
      medium: ask
      high: deny
      approvers: {medium: [leads], fourEyes: true}
      maxTargets: 4
      ticketTtl: 2h
      budget: {automaticPerHour: 3, coolDown: 2h}
      protect: [{kind: Namespace}]
`;

  async function under(text: string | undefined): Promise<Config> {
    const here = await machine();
    await place(join(here.folder, 'etc/vigie.yaml'), floor, 0o644);
    if (text === undefined) return here.load();
    return here.load({ file: await place(join(here.folder, 'vigie.yaml'), text) });
  }

  test('a looser file loosens nothing', async () => {
    const config = await under(`
people: {eve: {groups: [leads]}}
environments:
  prod:
    kube: {context: other, namespaces: [shop, kube-system], clusterScoped: true}
    policy: {low: allow, medium: allow, high: allow, maxTargets: 100, ticketTtl: 30d, budget: {automaticPerHour: 900, perObjectPerDay: 900, openTickets: 90, proposalsPerHour: 900, coolDown: 1m}, elicitation: true, approvers: {medium: [leads]}}
`);
    expect([...config.people.keys()]).toEqual(['alice']);
    expect(config.environments).toMatchObject([
      {
        cluster: { context: 'prod' },
        namespaces: ['shop'],
        clusterScoped: false,
        policy: {
          low: 'ask',
          medium: 'ask',
          high: 'deny',
          elicitation: false,
          maxTargets: 4,
          ticketTtlSeconds: 7200,
          budget: {
            automaticPerHour: 3,
            perObjectPerDay: 5,
            openTickets: 10,
            proposalsPerHour: 60,
            coolDownSeconds: 7200,
          },
          approvers: { medium: ['leads'], fourEyes: true },
          protect: [{ kind: 'Namespace' }],
        },
      },
    ]);
  });

  test('a stricter file tightens it', async () => {
    const config = await under(`
environments:
  prod:
    kube: {context: prod}
    policy: {low: deny, maxTargets: 2, ticketTtl: 1h, budget: {perObjectPerDay: 1, coolDown: 3h}, approvers: {high: [leads]}, protect: [{kind: Secret}, {kind: Namespace}]}
`);
    expect(config.environments[0]).toMatchObject({
      namespaces: ['shop', 'payments'],
      policy: {
        low: 'deny',
        maxTargets: 2,
        ticketTtlSeconds: 3600,
        budget: {
          automaticPerHour: 3,
          perObjectPerDay: 1,
          openTickets: 10,
          proposalsPerHour: 60,
          coolDownSeconds: 10_800,
        },
        protect: [{ kind: 'Namespace' }, { kind: 'Secret' }],
      },
    });
  });

  test('approver groups of a risk are those that both files name, and nobody where they share none', async () => {
    const people = 'people: {alice: {groups: [leads, oncall, night]}}\n';
    const withApprovers = (approvers: string) =>
      `${people}environments: {prod: {kube: {context: prod}, policy: {approvers: ${approvers}}}}\n`;
    const here = await machine();
    const roots = '{low: [oncall, night], medium: [oncall], high: [oncall, leads]}';
    await place(join(here.folder, 'etc/vigie.yaml'), withApprovers(roots), 0o644);
    const users = '{medium: [leads], high: [night, leads]}';
    const file = await place(join(here.folder, 'vigie.yaml'), withApprovers(users));
    const { environments } = await here.load({ file });
    expect(environments[0]?.policy.approvers).toEqual({
      low: ['oncall', 'night'],
      medium: [],
      high: ['leads'],
      fourEyes: false,
    });
  });

  test('another name for the same cluster is no way round it', async () => {
    const config = await under(
      'environments: {mine: {kube: {context: prod}, policy: {low: allow, high: allow}}}\n',
    );
    expect(config.environments.map(({ name, policy }) => [name, policy.low, policy.high])).toEqual([
      ['mine', 'ask', 'deny'],
      ['prod', 'ask', 'deny'],
    ]);
  });

  const bounded = `
environments:
  prod:
    kube: {context: prod, kubeconfig: /etc/kube/prod, namespaces: [shop, payments]}
    secrets: {db: 'env:ROOTS_OWN'}
  ops:
    kube: {context: ops, namespaces: [payments, logs], clusterScoped: true}
`;

  async function bounds(text: string): Promise<Map<string, Config['environments'][number]>> {
    const here = await machine();
    await place(join(here.folder, 'etc/vigie.yaml'), bounded, 0o644);
    const { environments } = await here.load({ file: await place(join(here.folder, 'vigie.yaml'), text) });
    return new Map(environments.map(each => [each.name, each]));
  }

  test('an environment it does not name is held by the bounds of all it names', async () => {
    const found = await bounds(`
environments:
  mine:
    kube: {context: another-word-for-prod, clusterScoped: true, insecureSkipTlsVerify: true}
    secrets: {own: 'env:MINE'}
  some:
    kube: {context: x, namespaces: [shop, payments, kube-system]}
  play:
    sandbox: {}
`);
    expect(found.get('mine')).toMatchObject({
      cluster: { context: 'another-word-for-prod', insecureSkipTlsVerify: false },
      namespaces: ['payments'],
      clusterScoped: false,
    });
    expect([...(found.get('mine')?.secrets.keys() ?? [])]).toEqual(['own']);
    expect(found.get('some')).toMatchObject({ namespaces: ['payments'] });
    expect(found.get('play')).toMatchObject({ namespaces: undefined, clusterScoped: true });
  });

  test("its context under another name is its cluster, with its secrets and not the user's", async () => {
    const found = await bounds(`
environments:
  mine:
    kube: {context: prod, kubeconfig: /home/mine, insecureSkipTlsVerify: true}
    secrets: {evil: 'file:/etc/shadow'}
  prod:
    kube: {context: prod, namespaces: [kube-system]}
    secrets: {evil: 'file:/etc/shadow', db: 'env:MINE'}
`);
    expect(found.get('mine')).toMatchObject({
      cluster: { context: 'prod', kubeconfig: '/etc/kube/prod', insecureSkipTlsVerify: false },
      namespaces: ['payments'],
    });
    expect(found.get('prod')?.namespaces).toEqual([]);
    for (const name of ['mine', 'prod'])
      expect([...(found.get(name)?.secrets ?? [])].map(([alias, to]) => [alias, String(to)])).toEqual([
        ['db', 'env:ROOTS_OWN'],
      ]);
  });

  test('it holds alone where there is no other file, and its approvers win', async () => {
    const config = await under(undefined);
    expect(config.environments.map(each => each.name)).toEqual(['prod']);
    const here = await machine();
    const approvers = await place(join(here.folder, 'etc/approvers.yaml'), 'entries: []\n', 0o644);
    expect((await here.load()).approversFile).toBe(approvers);
  });

  test("a file in root's place that is not root's is refused and not passed over", async () => {
    const { folder, load } = await machine();
    await chown(await place(join(folder, 'etc/vigie.yaml'), floor), 12_345, 12_345);
    await expect(load()).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
  });
});

test.each([
  ['no context', []],
  [
    'contexts of all sorts',
    [
      { name: 'arn:aws:eks:eu:1:cluster/prod' },
      { name: 'arn-aws-eks-eu-1-cluster-prod' },
      { name: 'dev', namespace: 'shop' },
      { name: '"; low: allow #' },
    ],
  ],
])('the written template is accepted and asks for every change: %s', async (_name, contexts) => {
  const config = await load(configTemplate({ person: 'alice', contexts }));
  expect(config.environments).toHaveLength(Math.max(1, contexts.length));
  for (const { policy } of config.environments) {
    expect([policy.low, policy.medium, policy.high]).toEqual(['ask', 'ask', 'ask']);
  }
  expect(config.people.get('alice')).toEqual({ groups: ['oncall'] });
});
