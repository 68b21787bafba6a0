import { environmentNameOf, type KubeContexts } from './kube-contexts.ts';

/** The commented vigie.yaml that `vigie init` writes: one environment a context, every change asked. */
export function configTemplate(input: { person: string; contexts: KubeContexts['contexts'] }): string {
  const names = new Set<string>();
  const environments = input.contexts.map(context => {
    const name = uniqueName(environmentNameOf(context.name), names);
    return environmentText({ name, context });
  });
  const listed =
    environments.length === 0
      ? '  # No kube context was found; this is the simulated shop.\n  sandbox:\n    sandbox: {world: shop}\n'
      : environments.join('\n');
  return `${heading(JSON.stringify(input.person))}${listed}`;
}

function heading(person: string): string {
  return `# What Vigie may change, and who decides. Only the owner may write this file and its folder.
# After an edit: \`vigie doctor\` checks it, and an approver accepts it with \`vigie policy accept\`.
# Until then every change that is allowed below is asked for instead.

# Where fourEyes is on, name the OS users of a person too: {groups: [oncall], logins: [root]}
people:
  ${person}: {groups: [oncall]}

# The audit shows an edit, and only a witness shows that its end was cut off or all of it written anew: docs/guides/witness.md
# witness: {git: /srv/vigie-witness}   # or https: https://witness.example.com; the journal is one where it is there

# One record for several machines, in PostgreSQL: docs/guides/store.md
# store: {postgres: {url: "env:VIGIE_STORE_URL"}}

# Playbooks of your own, each in a folder of its name: vigie playbooks new NAME
# playbooks: {directory: /etc/vigie/playbooks}

environments:
`;
}

function environmentText({
  name,
  context,
}: {
  name: string;
  context: KubeContexts['contexts'][number];
}): string {
  const namespaces =
    context.namespace === undefined
      ? '      # namespaces: [shop, payments]   # nothing outside of them is read or changed\n'
      : `      namespaces: [${JSON.stringify(context.namespace)}]   # nothing outside of them is read or changed\n`;
  return `  ${name}:
    kube:
      context: ${JSON.stringify(context.name)}
${namespaces}      clusterScoped: false            # true: nodes, namespaces, cluster roles may be changed too
    policy:
      low: ask                        # allow | ask | deny; a restart, a small scale-up
      medium: ask                     # apply, patch, rollout undo
      high: ask                       # delete, scale to zero, RBAC, Secrets
      # approvers: {medium: [oncall], high: [oncall], fourEyes: true}
      # maxTargets: 5                 # more objects in one plan are high risk
      # ticketTtl: 24h                # how long a change waits for an answer
      # budget: {automaticPerHour: 20, perObjectPerDay: 5, openTickets: 10, proposalsPerHour: 60, coolDown: 1h}   # for one person
      # freeze: [{from: "Fri 17:00", to: "Mon 08:00", timeZone: Europe/Paris}]
      # protect: [{kind: PersistentVolumeClaim}, {labels: "vigie.dev/protected=true"}]
    # secrets: {db-password: "env:DB_PASSWORD"}   # names an input may use instead of a value
    # metrics:                        # what is beside the cluster; each brings tools of its own
    #   prometheus: https://prometheus.example.com   # or {service: {namespace: monitoring, name: prometheus, port: 9090}}
    #   alertmanager: {url: "https://alertmanager.example.com", user: vigie, password: "env:ALERTMANAGER_PASSWORD"}
    # logs: {loki: {url: "https://loki.example.com", token: "env:LOKI_TOKEN", tenant: shop}}   # absent: logs of the pods
    # data: {shop-db: {engine: postgres, database: shop, host: db.example.com, user: vigie, password: "env:DB_PASSWORD"}}   # whose health is asked
`;
}

function uniqueName(wanted: string, taken: Set<string>): string {
  let name = wanted;
  for (let count = 2; taken.has(name); count++) name = `${wanted.slice(0, 59)}-${count}`;
  taken.add(name);
  return name;
}
