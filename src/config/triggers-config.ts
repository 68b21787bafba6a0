import { nearestNames } from '../core/nearest.ts';
import { SecretReference } from '../core/secret-reference.ts';
import type { TriggersText } from './schema.ts';

/** Where a worker listens for alerts and webhooks, and who may send them. */
export interface TriggersConfig {
  /** Absent: it does not listen. */
  listen?: { host: string; port: number };
  /** True: a proxy in front speaks TLS, so that the address may be beyond this machine. */
  behindTlsProxy: boolean;
  /** What senders call the proxy by; on loopback its own names are taken. */
  hostnames: readonly string[];
  /** At /alerts/NAME. */
  alerts: readonly Sender[];
  /** At /hooks/NAME, which a playbook names as its `path`. */
  webhooks: readonly Sender[];
}

/** Who sends, how it proves it, and the one environment that it speaks of: nothing that it sends names another. */
export interface Sender {
  name: string;
  environment: string;
  proof: 'bearer' | 'hmac';
  secret: SecretReference;
}

/** Of a vigie.yaml that says nothing about it. */
export const noTriggers: TriggersConfig = { behindTlsProxy: false, hostnames: [], alerts: [], webhooks: [] };

export function namesAny(triggers: TriggersConfig | undefined): triggers is TriggersConfig {
  return triggers !== undefined && triggers.alerts.length + triggers.webhooks.length > 0;
}

const loopback = ['127.0.0.1', 'localhost', '[::1]'];

/** `environments`: those that there are. */
export function readTriggers(
  { listen, behindTlsProxy, hostnames, alerts, webhooks }: TriggersText,
  at: {
    environments: readonly string[];
    fail: (path: readonly PropertyKey[], problem: string) => never;
  },
): TriggersConfig {
  const sendersOf = (key: 'alerts' | 'webhooks', written: TriggersText['alerts']): Sender[] =>
    Object.entries(written).map(([name, text]) =>
      readSender(
        { name, text },
        {
          environments: at.environments,
          fail: (path, problem) => at.fail([key, name, ...path], problem),
        },
      ),
    );
  return {
    ...(listen === undefined ? {} : { listen: addressOf(listen, { behindTlsProxy, fail: at.fail }) }),
    behindTlsProxy,
    hostnames,
    alerts: sendersOf('alerts', alerts),
    webhooks: sendersOf('webhooks', webhooks),
  };
}

/** What an approver accepts of it: who may start what, and by which secret; not where it listens. */
export function triggerFacts({ alerts, webhooks }: TriggersConfig): Record<string, string[]> {
  const factsOf = ({ name, environment, proof, secret }: Sender): string =>
    `${name} ${environment} ${proof} ${secret.toString()}`;
  return { alerts: alerts.map(factsOf), webhooks: webhooks.map(factsOf) };
}

function addressOf(
  listen: string,
  at: { behindTlsProxy: boolean; fail: (path: readonly PropertyKey[], problem: string) => never },
): { host: string; port: number } {
  const [, host = '', digits = ''] = /^(.*):(\d{1,5})$/.exec(listen) ?? [];
  const port = Number(digits);
  if (host === '' || port > 65_535) return at.fail(['listen'], 'must be HOST:PORT, like 127.0.0.1:9094');
  if (!at.behindTlsProxy && !loopback.includes(host))
    return at.fail(
      ['listen'],
      'must be an address of loopback: beyond it what proves a sender would cross the network in clear. Put a proxy that speaks TLS in front, and say behindTlsProxy: true',
    );
  return { host: host.replace(/^\[|\]$/g, ''), port };
}

function readSender(
  { name, text }: { name: string; text: TriggersText['alerts'][string] },
  at: {
    environments: readonly string[];
    fail: (path: readonly PropertyKey[], problem: string) => never;
  },
): Sender {
  const { bearer, hmac } = text;
  const written = bearer ?? hmac;
  if (written === undefined || (bearer !== undefined && hmac !== undefined))
    return at.fail([], 'needs bearer or hmac, and not both');
  const proof = bearer === undefined ? 'hmac' : 'bearer';
  const secret =
    SecretReference.parse(written) ??
    at.fail([proof], 'must be env:NAME or file:/absolute/path, never the value itself');
  return { name, environment: environmentOf(text.environment, at), proof, secret };
}

function environmentOf(
  named: string | undefined,
  at: {
    environments: readonly string[];
    fail: (path: readonly PropertyKey[], problem: string) => never;
  },
): string {
  const [only, ...others] = at.environments;
  if (named === undefined)
    return only !== undefined && others.length === 0
      ? only
      : at.fail([], 'say which environment it speaks of: environment: NAME');
  if (at.environments.includes(named)) return named;
  const nearest = nearestNames(named, at.environments);
  return at.fail(
    ['environment'],
    `there is no environment ${named}${nearest.length === 0 ? '' : ` (did you mean ${nearest.join(' or ')}?)`}`,
  );
}
