import { X509Certificate } from 'node:crypto';
import { refOf } from '../../../kubernetes/object.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { webhooksOf } from '../../cluster/webhook-facts.ts';
import { daysText } from '../../days-text.ts';
import { quoteEvent, quoteField } from '../../evidence.ts';
import type { Snapshot } from '../../snapshot.ts';

type Code = 'WEBHOOK_CA_EXPIRED' | 'WEBHOOK_CA_MISSING';

/** The authorities by which the API server knows the programs of admission webhooks. */
export const webhookAuthoritiesAnalyzer = defineAnalyzer({
  id: 'webhook-authorities',
  needs: ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration', 'ReplicaSet', 'Event'],
  codes: {
    WEBHOOK_CA_EXPIRED: {
      row: 'certificate',
      means:
        'The authority by which the API server knows an admission webhook is no longer valid: every call fails.',
      decided: 'All certificates of clientConfig.caBundle have ended, or it holds none.',
      fixed: 'A new bundle; cert-manager writes one where the annotation for it stands.',
    },
    WEBHOOK_CA_MISSING: {
      row: 'certificate',
      means:
        'An admission webhook has no caBundle, and a program in the cluster hardly has a certificate that the world trusts.',
      decided:
        'clientConfig.caBundle is empty beside clientConfig.service, and an event says that its certificate is not known; without such an event it is counted only.',
      fixed: 'The bundle of the authority that signed the certificate of the webhook.',
    },
  },

  analyze: bundleFaults,
});

function bundleFaults(snapshot: Snapshot): Draft<Code>[] {
  const groups = Map.groupBy(
    webhooksOf(snapshot).filter(({ service }) => service !== undefined),
    ({ configuration, caBundle }) => `${configuration.kind}/${configuration.metadata.name} ${caBundle}`,
  );
  return [...groups.values()].flatMap((group): Draft<Code>[] => {
    const webhook = group.find(({ failurePolicy }) => failurePolicy === 'Fail') ?? group[0];
    if (webhook === undefined) return [];
    const { configuration, caBundle, at, name, failurePolicy } = webhook;
    const ends = endsOf(caBundle);
    const facts = {
      severity: failurePolicy === 'Fail' ? ('critical' as const) : ('warning' as const),
      object: refOf(configuration),
      fixes: [],
      question: 'Which authority signed the certificate of its program?',
      depth: 2,
    };
    if (caBundle === '') {
      const distrust = [...snapshot.of('ReplicaSet'), ...snapshot.podSets.map(each => each.object)]
        .flatMap(each => snapshot.eventsFor(refOf(each)))
        .find(
          ({ message = '' }) =>
            message.includes(`failed calling webhook "${name}"`) && message.includes('x509'),
        );
      return [
        {
          code: 'WEBHOOK_CA_MISSING',
          ...facts,
          severity: distrust === undefined ? 'note' : facts.severity,
          summary: `${name} has no caBundle: the API server cannot know its program`,
          evidence: [
            quoteField(`${at}.clientConfig.caBundle`, undefined),
            ...(distrust === undefined ? [] : [quoteEvent(distrust)]),
          ],
          confidence: 'certain',
        },
      ];
    }
    // One that cannot be read here may be read there.
    if (ends === undefined || ends.length === 0 || ends.some(endMs => endMs > snapshot.nowMs)) return [];
    const endMs = Math.max(...ends);
    return [
      {
        code: 'WEBHOOK_CA_EXPIRED',
        ...facts,
        summary: `the authority of ${name} ended ${daysText(snapshot.nowMs - endMs)} ago: its calls fail`,
        evidence: [quoteField(`${at}.clientConfig.caBundle notAfter`, new Date(endMs).toISOString())],
        confidence: 'certain',
      },
    ];
  });
}

// A bundle of a public authority has some 150.
const mostCertificates = 200;

/** When the certificates of a bundle end; undefined for what is none. */
function endsOf(caBundle: string): number[] | undefined {
  const text = Buffer.from(caBundle, 'base64').toString('latin1');
  const parts = text.split('-----END CERTIFICATE-----').slice(0, mostCertificates);
  const ends: number[] = [];
  for (const part of parts) {
    const start = part.indexOf('-----BEGIN CERTIFICATE-----');
    if (start < 0) continue;
    try {
      ends.push(Date.parse(new X509Certificate(`${part.slice(start)}-----END CERTIFICATE-----\n`).validTo));
    } catch {
      // What this reader does not understand, another may.
      return undefined;
    }
  }
  return ends;
}
