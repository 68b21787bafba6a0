import { listOf, textOf } from '../../../core/json.ts';
import { podIn } from '../pod-parts.ts';
import type { AuditView, Rule } from '../rule.ts';
import { cis } from '../sources.ts';
import { bindingsIn } from '../who.ts';

/** Tokens that nobody asked for. */
export const accountRules: readonly Rule[] = [
  {
    id: 'token-mounted',
    title: 'Token mounted without need',
    severity: 'low',
    appliesTo: 'pods',
    source: cis('5.1.6, service account tokens'),
    why: 'Whoever takes the program over may speak to the API server in its name.',
    check(object, view) {
      const pod = podIn(object);
      if (pod === undefined || pod.spec['automountServiceAccountToken'] === false) return [];
      const namespace = object.metadata.namespace ?? 'default';
      const name = textOf(pod.spec, 'serviceAccountName') || textOf(pod.spec, 'serviceAccount') || 'default';
      const account = view.get({ kind: 'ServiceAccount', name, namespace });
      if (
        pod.spec['automountServiceAccountToken'] !== true &&
        account?.['automountServiceAccountToken'] === false
      )
        return [];
      // With rights it is used, one hopes; those of a named account may stand in files that are not here.
      const known = view.live ? seesBindings(view) : name === 'default';
      if (!known || isBound(view, { name, namespace })) return [];
      return [
        {
          path: `${pod.at}.automountServiceAccountToken`,
          message: `its pods have a token of the account ${name}, which no binding gives anything`,
          patch: pod.patch({ automountServiceAccountToken: false }),
        },
      ];
    },
  },
];

/** Rights in a namespace may be given to accounts of any other. */
function seesBindings(view: AuditView): boolean {
  return view.sees('RoleBinding') && view.sees('ClusterRoleBinding');
}

function isBound(view: AuditView, account: { name: string; namespace: string }): boolean {
  return bindingsIn(view).some(binding =>
    listOf(binding, 'subjects').some(
      subject =>
        textOf(subject, 'kind') === 'ServiceAccount' &&
        textOf(subject, 'name') === account.name &&
        (textOf(subject, 'namespace') || binding.metadata.namespace) === account.namespace,
    ),
  );
}
