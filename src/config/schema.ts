import * as z from 'zod';
import { defaultBudget } from '../core/budget.ts';
import { limits } from '../core/limits.ts';
import type { Policy } from '../core/policy.ts';
import { namespaceName, ownName } from './dns-label.ts';
import { parseDuration } from './duration.ts';
import { integrationKeys, integrationSections } from './integrations/integrations.ts';

// vigie.yaml as it is written. Strict everywhere: a misspelt key of a policy must not silently mean the default.

const person = z
  .string()
  .regex(/^[A-Za-z0-9][\w.@-]{0,63}$/, 'must be letters, digits and . _ @ -, at most 64');
const group = z.string().regex(/^[A-Za-z0-9][\w.-]{0,62}$/, 'must be letters, digits and . _ -, at most 63');
/** As an operating system has it, or `uid-1000` where it has no name for a user. */
const login = z
  .string()
  .regex(/^[\w.@$-][\w .@$-]{0,63}$/, 'must be the name of an OS user, at most 64 letters');
const personRules = z.strictObject({
  groups: z.array(group).max(50).default([]),
  logins: z.array(login).min(1).max(20).optional(),
});
const verdict = z.enum(['allow', 'ask', 'deny']).default('ask');

const weekTime = z
  .string()
  .regex(/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([01][0-9]|2[0-3]):[0-5][0-9]$/, 'must be like "Fri 17:00"');

const timeZone = z.string().refine(isTimeZone, 'is no time zone, like Europe/Paris or UTC');

const freeze = z.strictObject({
  from: weekTime,
  to: weekTime,
  timeZone,
  exceptIncidents: z.boolean().default(false),
});

const label = z.string().regex(/^[A-Za-z0-9./_-]{1,317}=[A-Za-z0-9._-]{0,63}$/, 'must be like key=value');
const protect = z
  .strictObject({
    kind: z.string().min(1).max(63).optional(),
    name: z.string().min(1).max(253).optional(),
    namespace: z.string().min(1).max(63).optional(),
    labels: label.optional(),
  })
  .refine(rule => Object.keys(rule).length > 0, 'must name a kind, name, namespace or labels');

const groups = z.array(group).min(1).max(50).optional();

const shortestTicketSeconds = 60;
const longestTicketSeconds = 30 * 24 * 3600;
const ticketTtl = z
  .string()
  .transform(text => parseDuration(text) ?? Number.NaN)
  .refine(
    seconds => seconds >= shortestTicketSeconds && seconds <= longestTicketSeconds,
    'must be a duration from 1m to 30d, like 24h',
  );

/** More is no bound any more, and each is a row that is read before the next change. */
const mostAutomatic = 1_000;
/** More than a person reads. */
const mostOpenTickets = 100;
/** One every four seconds, day and night: past it the store grows faster than anybody looks. */
const mostProposals = 1_000;
const shortestCoolDownSeconds = 60;
const longestCoolDownSeconds = 7 * 24 * 3600;
const coolDown = z
  .string()
  .transform(text => parseDuration(text) ?? Number.NaN)
  .refine(
    seconds => seconds >= shortestCoolDownSeconds && seconds <= longestCoolDownSeconds,
    'must be a duration from 1m to 7d, like 1h',
  );

const budget = z.strictObject({
  automaticPerHour: z.int().min(0).max(mostAutomatic).default(defaultBudget.automaticPerHour),
  perObjectPerDay: z.int().min(0).max(mostAutomatic).default(defaultBudget.perObjectPerDay),
  openTickets: z.int().min(1).max(mostOpenTickets).default(defaultBudget.openTickets),
  proposalsPerHour: z.int().min(1).max(mostProposals).default(defaultBudget.proposalsPerHour),
  coolDown: coolDown.optional(),
});

const approverRules = z.strictObject({
  low: groups,
  medium: groups,
  high: groups,
  fourEyes: z.boolean().default(false),
});

const policy = z
  .strictObject({
    low: verdict,
    medium: verdict,
    high: verdict,
    approvers: approverRules.prefault({}),
    elicitation: z.boolean().default(false),
    maxTargets: z.int().min(1).max(limits.changesPerPlan).default(5),
    ticketTtl: ticketTtl.optional(),
    budget: budget.prefault({}),
    freeze: z.array(freeze).max(50).default([]),
    protect: z.array(protect).max(200).default([]),
  })
  .refine(rules => !(rules.elicitation && rules.approvers.fourEyes), {
    path: ['elicitation'],
    message: "cannot go with fourEyes: a client's own prompt does not say who answered",
  });

const kube = z.strictObject({
  context: z
    .string({ error: 'must name a context of the kubeconfig: kubectl config get-contexts' })
    .min(1)
    .max(253),
  /** Absent: KUBECONFIG, else ~/.kube/config. */
  kubeconfig: z.string().startsWith('/', 'must be an absolute path').max(4096).optional(),
  namespaces: z.array(namespaceName).min(1).max(1_000).optional(),
  clusterScoped: z.boolean().default(false),
  insecureSkipTlsVerify: z.boolean().default(false),
});

const sandbox = z.strictObject({
  world: z
    .string()
    .regex(/^[a-z0-9-]{1,63}$/)
    .default('shop'),
});

const environment = z.strictObject({
  kube: kube.optional(),
  sandbox: sandbox.optional(),
  policy: policy.prefault({}),
  secrets: z.record(ownName, z.string()).default({}),
  ...integrationKeys,
});

const absolutePath = z.string().startsWith('/', 'must be an absolute path').max(4096);
const endpoint = z.strictObject({
  url: z
    .string()
    .max(2048)
    .refine(isPlainHttps, 'must be a URL of https without a user, a query or a fragment'),
  /** A reference, as under secrets. */
  token: z.string().optional(),
  /** Of the certificate authorities that count, PEM. Absent: those of Node.js. */
  ca: absolutePath.optional(),
});
const witness = z.strictObject({
  journal: z.boolean().optional(),
  git: absolutePath.optional(),
  /** A URL alone, or with its token. */
  https: z.preprocess(text => (typeof text === 'string' ? { url: text } : text), endpoint.optional()),
});

/** The form of a playbook's name, as engine/language/steps/fields.ts has it. */
const playbookName = z
  .string()
  .regex(/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/, 'must be the name of a playbook, like heal-oom');
const enabledTriggers = z.strictObject({
  name: playbookName,
  /** Absent: the only one. */
  environments: z.array(ownName).min(1, 'names none').max(100).optional(),
});
/** Each may be written as its name alone. */
const triggers = z
  .array(z.preprocess(text => (typeof text === 'string' ? { name: text } : text), enabledTriggers))
  .max(200);
const playbooks = z.strictObject({
  directory: absolutePath.optional(),
  triggers: triggers.default([]),
});

const postgres = z.strictObject({
  /** A reference, as under secrets. */
  url: z.string(),
});
const store = z.strictObject({
  postgres: postgres.optional(),
});

/** Proves itself by a token in a header, or by a signature over what it sends; the environment is not for it to say. */
const sender = z.strictObject({
  /** Absent: the only one. */
  environment: ownName.optional(),
  /** References, as under secrets. */
  bearer: z.string().optional(),
  hmac: z.string().optional(),
});
const senderName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be small letters, digits and dashes, at most 63');
const senders = z.record(senderName, sender).default({});
const hostname = z.string().regex(/^[A-Za-z0-9.-]{1,253}$/, 'must be a name without a port');
const triggering = z.strictObject({
  listen: z.string().max(300).optional(),
  behindTlsProxy: z.boolean().default(false),
  hostnames: z.array(hostname).max(20).default([]),
  alerts: senders,
  webhooks: senders,
});

export const configSchema = z.strictObject({
  people: z.record(person, personRules).default({}),
  store: store.default({}),
  witness: witness.default({}),
  playbooks: playbooks.prefault({}),
  triggers: triggering.prefault({}),
  environments: z.record(ownName, environment).default({}),
});

type ConfigText = z.output<typeof configSchema>;
export type EnvironmentText = ConfigText['environments'][string];
export type PlaybooksText = ConfigText['playbooks'];
export type TriggersText = ConfigText['triggers'];
export type WitnessText = ConfigText['witness'];
export type StoreText = ConfigText['store'];

/** Which keys may stand where: sections by their path, in which NAME is one that the file chooses. */
export const configSections: Readonly<Record<string, z.core.$ZodLooseShape>> = {
  '': configSchema.shape,
  'people.NAME': personRules.shape,
  store: store.shape,
  'store.postgres': postgres.shape,
  witness: witness.shape,
  'witness.https': endpoint.shape,
  playbooks: playbooks.shape,
  'playbooks.triggers': enabledTriggers.shape,
  triggers: triggering.shape,
  'triggers.alerts.NAME': sender.shape,
  'triggers.webhooks.NAME': sender.shape,
  'environments.NAME': environment.shape,
  'environments.NAME.kube': kube.shape,
  'environments.NAME.sandbox': sandbox.shape,
  'environments.NAME.policy': policy.shape,
  'environments.NAME.policy.approvers': approverRules.shape,
  'environments.NAME.policy.budget': budget.shape,
  'environments.NAME.policy.freeze': freeze.shape,
  'environments.NAME.policy.protect': protect.shape,
  ...Object.fromEntries(
    Object.entries(integrationSections).map(([path, shape]) => [`environments.NAME.${path}`, shape]),
  ),
};

/** The rules of an environment that says nothing: read all, ask for every change. */
export const askAlways: Policy = policyOf(policy.parse({}));

/** The policy as the rest of Vigie knows it: durations in seconds, absent keys absent. */
export function policyOf(text: EnvironmentText['policy']): Policy {
  const { low, medium, high, approvers, elicitation, maxTargets } = text;
  return {
    low,
    medium,
    high,
    approvers: {
      fourEyes: approvers.fourEyes,
      ...(approvers.low === undefined ? {} : { low: approvers.low }),
      ...(approvers.medium === undefined ? {} : { medium: approvers.medium }),
      ...(approvers.high === undefined ? {} : { high: approvers.high }),
    },
    elicitation,
    maxTargets,
    ticketTtlSeconds: text.ticketTtl ?? limits.ticketTtlSeconds,
    budget: {
      automaticPerHour: text.budget.automaticPerHour,
      perObjectPerDay: text.budget.perObjectPerDay,
      openTickets: text.budget.openTickets,
      proposalsPerHour: text.budget.proposalsPerHour,
      coolDownSeconds: text.budget.coolDown ?? defaultBudget.coolDownSeconds,
    },
    freeze: text.freeze,
    protect: text.protect.map(({ kind, name, namespace, labels }) => ({
      ...(kind === undefined ? {} : { kind }),
      ...(name === undefined ? {} : { name }),
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined ? {} : { labels }),
    })),
  };
}

function isPlainHttps(text: string): boolean {
  const url = URL.parse(text);
  return url?.protocol === 'https:' && url.username + url.password + url.search === '' && !text.includes('#');
}

function isTimeZone(text: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
