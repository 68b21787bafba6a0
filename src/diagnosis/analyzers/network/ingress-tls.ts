import { textsIn } from '../../../core/json.ts';
import { describeRef } from '../../../core/ref.ts';
import type { Ingress } from '../../../kubernetes/kinds/network.ts';
import { refOf } from '../../../kubernetes/object.ts';
import { isDeleting } from '../../../kubernetes/owners.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { quoteField } from '../../evidence.ts';
import { patchFix } from '../../fixes.ts';
import { replaceAt } from '../../json-pointer.ts';
import { covers } from '../../network/host-names.ts';
import { makersOfSecret } from '../../secret-makers.ts';
import { meantName } from '../../slip.ts';
import type { Snapshot } from '../../snapshot.ts';

type Code = 'INGRESS_TLS_SECRET_MISSING' | 'INGRESS_TLS_SECRET_INVALID' | 'INGRESS_TLS_HOST_UNUSED';

const tlsType = 'kubernetes.io/tls';

/** Ingresses whose Secret for TLS is missing or holds something else. What a certificate says is another subject. */
export const ingressTlsAnalyzer = defineAnalyzer({
  id: 'ingress-tls',
  needs: ['Ingress', 'Secret', 'Certificate'],
  codes: {
    INGRESS_TLS_SECRET_MISSING: {
      row: 'ingress',
      means:
        'An Ingress names a Secret for TLS that does not exist; its controller answers with a certificate of its own.',
      decided: 'All Secrets of the namespace were read, and the named one is not among them.',
      fixed: 'The TLS Secret of the nearest name; else the certificate itself is needed.',
    },
    INGRESS_TLS_SECRET_INVALID: {
      row: 'ingress',
      means: 'An Ingress names a Secret for TLS that holds no certificate with its key.',
      decided:
        'The Secret lacks tls.crt or tls.key, or has another type than kubernetes.io/tls, which several controllers refuse.',
      fixed:
        'A Secret of type kubernetes.io/tls with both keys; the type of one that exists cannot be changed.',
    },
    INGRESS_TLS_HOST_UNUSED: {
      row: 'ingress',
      means: 'An Ingress has TLS for a host that none of its rules has. Counted only.',
      decided: 'spec.tls[].hosts against spec.rules[].host, wildcards included.',
      fixed: 'A rule for the host, or its removal.',
    },
  },

  analyze(snapshot) {
    return snapshot
      .of('Ingress')
      .flatMap(ingress => (isDeleting(ingress) ? [] : tlsFaults(ingress, snapshot)));
  },
});

function tlsFaults(ingress: Ingress, snapshot: Snapshot): Draft<Code>[] {
  const { tls = [], rules = [] } = { ...ingress.spec };
  const { namespace = '' } = ingress.metadata;
  const served = rules.flatMap(({ host }) => host ?? []);
  return tls.flatMap(({ secretName = '', hosts = [] }, index): Draft<Code>[] => {
    const at = `spec.tls[${index}]`;
    const unused = hosts.filter(
      host => served.length > 0 && !served.some(each => covers(host, each) || covers(each, host)),
    );
    const notes = unused.map(host => unusedHost(ingress, { at, host }));
    // Without a name it is the controller's own certificate, on purpose.
    if (secretName === '') return notes;
    const place = { kind: 'Secret', name: secretName, namespace };
    if (snapshot.lacks(place)) return [missing(ingress, { at, secretName, snapshot }), ...notes];
    const secret = snapshot.find('Secret', place);
    if (secret === undefined) return notes;
    const keys = Object.keys(secret.data ?? {});
    const absent = ['tls.crt', 'tls.key'].filter(key => !keys.includes(key));
    // Of a Secret whose keys nobody told, only its type speaks.
    const lacks = keys.length > 0 || secret.data !== undefined ? absent : [];
    if (lacks.length === 0 && (secret.type ?? 'Opaque') === tlsType) return notes;
    return [
      {
        code: 'INGRESS_TLS_SECRET_INVALID',
        severity: lacks.length > 0 ? 'critical' : 'warning',
        object: refOf(secret),
        summary:
          lacks.length > 0
            ? `${describeRef(refOf(ingress))} takes it for TLS, and it has no ${lacks.join(' and no ')}`
            : `${describeRef(refOf(ingress))} takes it for TLS, and its type is ${secret.type ?? 'Opaque'}`,
        evidence: [
          quoteField('type', secret.type ?? 'Opaque'),
          quoteField('keys', keys.slice(0, 10).join(', ') || 'none'),
          quoteField(`${describeRef(refOf(ingress))} ${at}.secretName`, secretName),
        ],
        confidence: lacks.length > 0 ? 'certain' : 'possible',
        fixes: [],
        question: 'Where are the certificate and its key for these hosts?',
        breaks: [refOf(ingress)],
        depth: 2,
      },
      ...notes,
    ];
  });
}

function missing(
  ingress: Ingress,
  { at, secretName, snapshot }: { at: string; secretName: string; snapshot: Snapshot },
): Draft<Code> {
  const { namespace = '' } = ingress.metadata;
  const secrets = snapshot
    .of('Secret')
    .filter(({ metadata, type }) => metadata.namespace === namespace && type === tlsType);
  const near = meantName(
    secretName,
    secrets.map(({ metadata }) => metadata.name),
  );
  const ref = refOf(ingress);
  return {
    code: 'INGRESS_TLS_SECRET_MISSING',
    severity: 'critical',
    object: { apiVersion: 'v1', kind: 'Secret', name: secretName, namespace },
    summary: `it does not exist, and ${describeRef(ref)} takes it for TLS`,
    evidence: [quoteField(`${describeRef(ref)} ${at}.secretName`, secretName)],
    ...(near === undefined ? {} : { cause: `Secret/${near} is there: a slip in the name?` }),
    confidence: 'certain',
    fixes:
      near === undefined
        ? []
        : [
            patchFix(ref, {
              patch: [replaceAt(`${at}.secretName`, near)],
              does: `Let ${describeRef(ref)} take Secret/${near}`,
            }),
          ],
    ...(near === undefined ? { question: 'Where are the certificate and its key for these hosts?' } : {}),
    breaks: [ref],
    dependsOn: makersOfSecret({ name: secretName, namespace }, snapshot),
    depth: 2,
  };
}

function unusedHost(ingress: Ingress, { at, host }: { at: string; host: string }): Draft<Code> {
  return {
    code: 'INGRESS_TLS_HOST_UNUSED',
    severity: 'note',
    object: refOf(ingress),
    summary: `has TLS for ${host}, which no rule has`,
    evidence: [quoteField(`${at}.hosts`, textsIn([host]))],
    confidence: 'certain',
    fixes: [],
  };
}
