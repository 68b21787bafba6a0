import { listOf, memberOf, textOf } from '../../../core/json.ts';
import { describeRef, type Ref } from '../../../core/ref.ts';
import { refOf } from '../../../kubernetes/object.ts';
import { sinceMs } from '../../ages.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { quoteField } from '../../evidence.ts';
import type { Snapshot } from '../../snapshot.ts';

// An order with a challenge takes minutes.
const issuedMs = 10 * 60_000;

/** Certificates that cert-manager was asked for and could not get. */
export const unissuedCertificatesAnalyzer = defineAnalyzer({
  id: 'unissued-certificates',
  needs: ['Certificate', 'Issuer', 'ClusterIssuer'],
  codes: {
    CERTIFICATE_NOT_ISSUED: {
      row: 'certificate',
      means: 'cert-manager could not issue a certificate.',
      decided: 'The condition Ready of a Certificate is False for ten minutes.',
      fixed: 'What its condition complains about.',
    },
  },

  analyze: unissued,
});

function unissued(snapshot: Snapshot): Draft<'CERTIFICATE_NOT_ISSUED'>[] {
  return snapshot.list('Certificate').flatMap((certificate): Draft<'CERTIFICATE_NOT_ISSUED'>[] => {
    if (!certificate.apiVersion.startsWith('cert-manager.io/')) return [];
    const ready = listOf(certificate.status, 'conditions').find(each => each['type'] === 'Ready');
    if (ready === undefined || ready['status'] !== 'False') return [];
    if ((sinceMs(snapshot, textOf(ready, 'lastTransitionTime')) ?? issuedMs) < issuedMs) return [];
    const issuer = memberOf(certificate.spec, 'issuerRef');
    const kind = textOf(issuer, 'kind') || 'Issuer';
    const { namespace = '' } = certificate.metadata;
    const place: Ref = {
      kind,
      name: textOf(issuer, 'name'),
      ...(kind === 'ClusterIssuer' ? {} : { namespace }),
    };
    const lacksIssuer =
      ['Issuer', 'ClusterIssuer'].includes(kind) && snapshot.list(kind).length > 0 && snapshot.lacks(place);
    return [
      {
        code: 'CERTIFICATE_NOT_ISSUED',
        severity: 'critical',
        object: refOf(certificate),
        summary: lacksIssuer
          ? `cannot be issued: ${describeRef(place)} does not exist`
          : 'cert-manager has not issued it',
        evidence: [
          quoteField(`status.conditions[Ready] ${textOf(ready, 'reason')}`, textOf(ready, 'message')),
          quoteField('spec.issuerRef', issuer),
        ],
        confidence: 'certain',
        fixes: [],
        question: lacksIssuer
          ? 'Which issuer is meant?'
          : `What does ${describeRef(place)} need to issue it?`,
        breaks: [{ kind: 'Secret', name: textOf(certificate.spec, 'secretName'), namespace }],
        depth: 2,
      },
    ];
  });
}
