import type { Config } from './config.ts';
import type { Sender } from './triggers-config.ts';

/** What vigie.yaml says that counts beside the policies of its environments, a line each, for whoever accepts it. */
export function saidBesides({
  playbooks,
  triggers,
  store,
}: Pick<Config, 'playbooks' | 'triggers' | 'store'>): string[] {
  const { directory, triggers: enabled = [] } = playbooks;
  return [
    ...enabled.map(({ name, environments }) => `${name} may start by itself in ${environments.join(', ')}`),
    ...triggers.alerts.map(sender => `alerts from ${senderText(sender)}`),
    ...triggers.webhooks.map(sender => `webhooks from ${senderText(sender)}`),
    ...(directory === undefined ? [] : [`playbooks of ${directory}`]),
    ...(store.postgres === undefined ? [] : [`the store is PostgreSQL, by ${store.postgres.url.toString()}`]),
  ];
}

function senderText({ name, environment, proof, secret }: Sender): string {
  return `${name} are about ${environment}; proved by ${proof}, ${secret.toString()}`;
}
