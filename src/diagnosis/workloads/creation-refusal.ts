/*
 * What a server says when it refuses a pod. A controller puts a few words before it (`Error creating: `, `Create Pod web-0
 * in StatefulSet web failed error: `); the sentence itself is the API's, and the same since 1.20 and before.
 */

export type Refusal =
  | { by: 'quota'; quota: string; detail: string }
  | { by: 'quota-needs'; quota: string; detail: string }
  | { by: 'limit-range'; detail: string }
  | { by: 'pod-security'; detail: string }
  | { by: 'webhook-down'; webhook: string; detail: string }
  | { by: 'webhook'; webhook: string; detail: string }
  | { by: 'policy'; policy: string; detail: string }
  | { by: 'account'; account: string }
  | { by: 'priority'; name: string }
  | { by: 'other'; detail: string };

// Messages carry what others wrote; what is longer says nothing more.
const mostChars = 4_000;

export function readRefusal(message: string): Refusal {
  const text = message.slice(0, mostChars);
  const [, quota, beyond] = /exceeded quota: ([a-z0-9.-]{1,253}), (requested: .*)/.exec(text) ?? [];
  if (quota !== undefined) return { by: 'quota', quota, detail: beyond ?? '' };
  const [, needing, needs] = /failed quota: ([a-z0-9.-]{1,253}): (must specify .*)/.exec(text) ?? [];
  if (needing !== undefined) return { by: 'quota-needs', quota: needing, detail: needs ?? '' };
  const [, violated] = /(violates PodSecurity .*)/.exec(text) ?? [];
  if (violated !== undefined) return { by: 'pod-security', detail: violated };
  const [, account] =
    /error looking up service account [a-z0-9.-]{1,253}\/([a-z0-9.-]{1,253}): /.exec(text) ??
    /serviceaccounts? "([a-z0-9.-]{1,253})" not found/.exec(text) ??
    [];
  if (account !== undefined) return { by: 'account', account };
  const [, name] = /no PriorityClass with name ([a-zA-Z0-9.-]{1,253}) was found/.exec(text) ?? [];
  if (name !== undefined) return { by: 'priority', name };
  const [, down, why] = /failed calling webhook "([^"]{1,253})": (.*)/.exec(text) ?? [];
  if (down !== undefined) return { by: 'webhook-down', webhook: down, detail: why ?? '' };
  const [, webhook, denial] = /admission webhook "([^"]{1,253})" denied the request:? ?(.*)/.exec(text) ?? [];
  if (webhook !== undefined) return { by: 'webhook', webhook, detail: denial ?? '' };
  const [, policy, refused] =
    /ValidatingAdmissionPolicy '([^']{1,253})' with binding '[^']{1,253}' denied request: ?(.*)/.exec(text) ??
    [];
  if (policy !== undefined) return { by: 'policy', policy, detail: refused ?? '' };
  const [, range] =
    /((?:maximum|minimum) [\w./-]+ usage per (?:Container|Pod) is .*|[\w./-]+ max limit to request ratio per .*)/.exec(
      text,
    ) ?? [];
  if (range !== undefined) return { by: 'limit-range', detail: range };
  return { by: 'other', detail: text };
}
