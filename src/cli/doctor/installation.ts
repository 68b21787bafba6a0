import { stat } from 'node:fs/promises';
import type { Config } from '../../config/config.ts';
import { osUser } from '../../config/os-user.ts';
import type { Assurance } from '../../core/actor.ts';
import type { Worth } from '../../core/assurance.ts';
import type { Check } from '../../desk/checks/check.ts';
import { addedFrom, trustedApprovers } from '../../pipeline/trusted-approvers.ts';
import type { Vigie } from '../../pipeline/vigie.ts';

const area = 'installation';
const oldestNode = 24;
/** Bits that let anybody but the owner in. */
const othersMask = 0o077;

export function* nodeChecks(): Iterable<Check> {
  const { node } = process.versions;
  if (Number(node.split('.')[0]) >= oldestNode) yield { area, state: 'fine', what: `Node.js ${node}` };
  else
    yield {
      area,
      state: 'wrong',
      what: `Node.js ${node} is too old`,
      todo: `Install Node.js ${oldestNode} or newer.`,
    };
}

export async function* fileChecks(config: Config): AsyncIterable<Check> {
  const { home } = config;
  yield config.file === undefined
    ? {
        area,
        state: 'note',
        what: 'no vigie.yaml: the current kube context is the one environment, and every change is asked',
        todo: 'vigie init',
      }
    : { area, state: 'fine', what: `configuration ${config.file}` };
  if (config.floor !== undefined)
    yield { area, state: 'fine', what: `floor ${config.floor}: other files only tighten it` };
  for (const hint of config.hints)
    yield {
      area,
      state: 'note',
      what: hint,
      todo: config.file === undefined ? 'vigie init' : 'Name one there: docs/guides/configuration.md',
    };
  yield* worldChecks(config);
  for (const path of [home.dir, home.keyFile, home.storeFile, home.tokensFile]) {
    const facts = await stat(path).catch(() => undefined);
    if (facts === undefined) continue;
    const mode = (facts.mode & 0o777).toString(8).padStart(3, '0');
    const wanted = facts.isDirectory() ? '700' : '600';
    if ((facts.mode & othersMask) === 0)
      yield { area, state: 'fine', what: `${path} is for this user alone (${mode})` };
    else
      yield {
        area,
        state: 'wrong',
        what: `${path} is open to others (${mode})`,
        todo: `chmod ${wanted} '${path}'`,
      };
  }
}

/** A home has one sandbox: of two worlds only the one that is asked first is ever simulated. */
function* worldChecks({ environments }: Config): Iterable<Check> {
  const simulated = environments.flatMap(({ name, cluster }) =>
    cluster.kind === 'sandbox' ? [{ name, world: cluster.world }] : [],
  );
  if (new Set(simulated.map(({ world }) => world)).size < 2) return;
  const named = simulated.map(({ name, world }) => `${name} (${world})`).join(', ');
  yield {
    area,
    state: 'note',
    what: `one sandbox at a time runs beside a home, and these environments are of different worlds: ${named}`,
    todo: 'Give them one world, or each a home of its own: VIGIE_HOME.',
  };
}

export async function* trustChecks(vigie: Vigie): AsyncIterable<Check> {
  const { list, bootstrapped, file } = await trustedApprovers(vigie);
  const asks = vigie.environments.some(({ rules }) => [rules.low, rules.medium, rules.high].includes('ask'));
  if (list.length > 0)
    yield { area, state: 'fine', what: `approvers: ${list.map(each => each.person).join(', ')} (${file})` };
  else
    yield {
      area,
      state: asks ? 'wrong' : 'note',
      what: 'no approver: nobody can let a change go',
      todo: `vigie approvers add ${osUser()}`,
    };
  const policy = await vigie.policy();
  if (policy.accepted) yield { area, state: 'fine', what: `policy ${policy.hash.slice(0, 16)} is accepted` };
  else
    yield {
      area,
      state: 'note',
      what: `policy ${policy.hash.slice(0, 16)} is not accepted: every allow of a change asks`,
      todo: 'vigie policy accept',
    };
  yield* fourEyesChecks(vigie, {
    assurance: vigie.assurance,
    accounts: await Promise.all(list.map(approver => addedFrom(vigie, approver))),
  });
  yield* worthChecks(vigie.worth, area);
  // Where approvers have a socket of their own, the account that adds the first one is not the agent's.
  if (bootstrapped && vigie.worth.deciders.length === 0)
    yield {
      area,
      state: 'note',
      what: 'the first approver was added from this account and signed by nobody else',
      todo: 'See who it was: vigie approvers list',
    };
}

/** What an approval is worth, with each reason why not more. */
export function* worthChecks(
  { assurance, reasons }: Pick<Worth, 'assurance' | 'reasons'>,
  area: string,
): Iterable<Check> {
  if (assurance === 'separated')
    yield {
      area,
      state: 'fine',
      what: "assurance: separated; whoever asks cannot reach the approvers' socket, credentials or store",
    };
  for (const { why, todo } of reasons)
    yield { area, state: 'note', what: `assurance: advisory, since ${why}`, todo };
}

/** `accounts`: the OS user each approver was added from; undefined where the audit does not tell. */
function* fourEyesChecks(
  vigie: Vigie,
  { assurance, accounts }: { assurance: Assurance; accounts: readonly (string | undefined)[] },
): Iterable<Check> {
  const names = vigie.environments.filter(each => each.rules.approvers.fourEyes).map(each => each.view.name);
  if (names.length === 0) return;
  const where = names.join(', ');
  if (assurance === 'advisory')
    yield {
      area,
      state: 'note',
      what: `four eyes (${where}): keys made on one account are a checklist`,
      todo: 'SECURITY.md shows the set-ups in which it takes two people.',
    };
  const [account] = accounts;
  if (accounts.length > 1 && account !== undefined && accounts.every(each => each === account))
    yield {
      area,
      state: 'wrong',
      what: `four eyes (${where}) not enforceable: all keys were made on one account, ${account}`,
      todo: 'Let each approver be added from an account of their own.',
    };
  if (vigie.personBehind(osUser()) === undefined)
    yield {
      area,
      state: 'wrong',
      what: `four eyes (${where}): the OS user ${osUser()} is nobody in vigie.yaml, so nobody can approve what is asked from this account`,
      todo: 'Name whose login that is, in vigie.yaml under people: NAME: {logins: [LOGIN]}',
    };
}
