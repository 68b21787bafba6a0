import { type JsonObject, listOf, memberOf, textOf, textsIn } from '../../core/json.ts';
import type { LabelSelector } from '../../kubernetes/kinds/label-selector.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { matchesLabels, requirementsOf } from '../../kubernetes/selectors.ts';
import type { Snapshot } from '../snapshot.ts';

/** One webhook of an admission configuration. */
export interface Webhook {
  configuration: KubeObject;
  /** `webhooks[0]`. */
  at: string;
  name: string;
  /** `Fail`: what it cannot judge is refused. */
  failurePolicy: string;
  service?: { name: string; namespace: string; port: number };
  caBundle: string;
  /** `pods, deployments`: what it judges. */
  resources: readonly string[];
  namespaceSelector: JsonObject;
}

/** All admission webhooks; malformed ones are left out. */
export function webhooksOf(snapshot: Snapshot): Webhook[] {
  const configurations = ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'].flatMap(kind =>
    snapshot.list(kind),
  );
  return configurations.flatMap(configuration =>
    listOf(configuration, 'webhooks').map((webhook, index) => {
      const client = memberOf(webhook, 'clientConfig');
      const service = memberOf(client, 'service');
      const port = service?.['port'];
      const rules = listOf(webhook, 'rules');
      return {
        configuration,
        at: `webhooks[${index}]`,
        name: textOf(webhook, 'name'),
        // What the server fills in.
        failurePolicy: textOf(webhook, 'failurePolicy') || 'Fail',
        ...(service === undefined
          ? {}
          : {
              service: {
                name: textOf(service, 'name'),
                namespace: textOf(service, 'namespace'),
                port: typeof port === 'number' ? port : 443,
              },
            }),
        caBundle: textOf(client, 'caBundle'),
        resources: [...new Set(rules.flatMap(rule => textsIn(rule['resources'])))],
        namespaceSelector: memberOf(webhook, 'namespaceSelector') ?? {},
      };
    }),
  );
}

/** Whether a webhook judges what is made in a namespace, by its selector alone. */
export function judgesIn(
  { namespaceSelector }: Webhook,
  { name, labels }: { name: string; labels: Readonly<Record<string, string>> },
): boolean {
  const selector: LabelSelector & JsonObject = namespaceSelector;
  return matchesLabels(requirementsOf(selector), { ...labels, 'kubernetes.io/metadata.name': name });
}
