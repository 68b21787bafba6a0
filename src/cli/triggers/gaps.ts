import type { TriggersConfig } from '../../config/triggers-config.ts';
import type { EnabledPlaybook } from '../../engine/triggers/enabled.ts';

interface Facts {
  triggers: TriggersConfig;
  playbooks: readonly EnabledPlaybook[];
  /** Environments in which nothing starts before an approver has accepted vigie.yaml. */
  unaccepted: readonly string[];
}

/** Why something that stands in vigie.yaml would never start, or be sent in vain: a line each. */
export function gapsOf({ triggers, playbooks, unaccepted }: Facts): string[] {
  const places = playbooks.flatMap(({ playbook, environments }) =>
    environments.map(environment => ({ playbook, environment })),
  );
  const gaps = places.flatMap(({ playbook: { metadata, on }, environment }) => {
    const { name } = metadata;
    const found: string[] = [];
    if (on.alert !== undefined && !triggers.alerts.some(each => each.environment === environment))
      found.push(`${name}: nobody may send alerts of ${environment}; name a sender under triggers.alerts`);
    if (on.webhook !== undefined) {
      const { path, auth } = on.webhook;
      const sender = triggers.webhooks.find(each => each.name === path && each.environment === environment);
      if (sender === undefined)
        found.push(
          `${name}: nobody may send to /hooks/${path} for ${environment}; name it under triggers.webhooks`,
        );
      else if (sender.proof !== auth)
        found.push(`${name} wants ${auth}, and triggers.webhooks.${path} has ${sender.proof}`);
    }
    return found;
  });
  for (const { name, environment } of triggers.alerts)
    if (!places.some(each => each.environment === environment && each.playbook.on.alert !== undefined))
      gaps.push(`/alerts/${name}: no playbook under playbooks.triggers starts by an alert in ${environment}`);
  for (const { name, environment } of triggers.webhooks)
    if (!places.some(each => each.environment === environment && each.playbook.on.webhook?.path === name))
      gaps.push(`/hooks/${name}: no playbook under playbooks.triggers has that path in ${environment}`);
  const [sender] = [...triggers.alerts, ...triggers.webhooks];
  if (sender !== undefined && triggers.listen === undefined)
    gaps.push('No worker listens: name an address under triggers.listen');
  for (const environment of new Set(places.map(place => place.environment)))
    if (unaccepted.includes(environment))
      gaps.push(
        `Nothing starts by itself in ${environment} until an approver accepts vigie.yaml: vigie policy accept`,
      );
  return gaps;
}
