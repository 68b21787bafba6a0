import { listOf, memberOf, textOf } from '../../../core/json.ts';
import { describeRef, type Ref } from '../../../core/ref.ts';
import type { Secret } from '../../../kubernetes/kinds/cluster.ts';
import { refOf } from '../../../kubernetes/object.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { daysText } from '../../days-text.ts';
import { quoteField } from '../../evidence.ts';
import { covers } from '../../network/host-names.ts';
import { makersOfSecret } from '../../secret-makers.ts';
import type { Snapshot } from '../../snapshot.ts';

type Code =
  | 'CERTIFICATE_EXPIRED'
  | 'CERTIFICATE_NOT_YET_VALID'
  | 'CERTIFICATE_EXPIRES_SOON'
  | 'CERTIFICATE_NAME_MISMATCH';

// Whoever renews by themselves does so a third of the life before the end: of 90 days, 30. Two weeks say that nobody did.
const soonMs = 14 * 86_400_000;
// Of certificates that live a week, two weeks are always.
const soonShare = 1 / 3;
// Clocks differ; a certificate that was made just now is valid from before.
const skewMs = 10 * 60_000;

const after = 'vigie.dev/tls.not-after';
const before = 'vigie.dev/tls.not-before';
const namesOfCertificate = 'vigie.dev/tls.names';

/** Certificates that are no longer valid, or will not be for long, or are for other hosts. */
export const certificatesAnalyzer = defineAnalyzer({
  id: 'certificates',
  needs: ['Secret', 'Ingress', 'Gateway', 'Certificate', 'Pod', 'Deployment', 'StatefulSet', 'DaemonSet'],
  codes: {
    CERTIFICATE_EXPIRED: {
      row: 'certificate',
      means: 'A certificate that is in use is no longer valid.',
      decided:
        'The end of validity of tls.crt in a TLS Secret, by the clock of the cluster. A Secret is in use where an Ingress, a Gateway or a volume of pods names it, or where cert-manager made it.',
      fixed: 'A new certificate in the same Secret.',
    },
    CERTIFICATE_NOT_YET_VALID: {
      row: 'certificate',
      means: 'A certificate that is in use is not valid yet.',
      decided:
        'The beginning of validity of tls.crt is more than ten minutes ahead of the clock of the cluster.',
      fixed: 'A certificate that is valid now.',
    },
    CERTIFICATE_EXPIRES_SOON: {
      row: 'certificate',
      means: 'A certificate that is in use ends within two weeks, and nobody has renewed it.',
      decided: 'Less than 14 days, and less than a third of its life, are left.',
      fixed: 'Its renewal; where cert-manager is to do it, what keeps that from it.',
    },
    CERTIFICATE_NAME_MISMATCH: {
      row: 'certificate',
      means: 'A certificate is not for the host for which it is shown.',
      decided:
        'No DNS name of tls.crt, wildcards of one label included, covers the host of the Ingress or listener.',
      fixed: 'A certificate with that name.',
    },
  },

  analyze(snapshot) {
    return secretFaults(snapshot);
  },
});

/** Where a certificate is shown, and for which host. */
interface Use {
  user: Ref;
  host?: string;
}

function secretFaults(snapshot: Snapshot): Draft<Code>[] {
  const uses = usesOf(snapshot);
  return snapshot.of('Secret').flatMap((secret): Draft<Code>[] => {
    const own = uses.get(keyOf(secret.metadata)) ?? [];
    const managed = secret.metadata.annotations?.['cert-manager.io/certificate-name'] !== undefined;
    if (own.length === 0 && !managed) return [];
    return [...timeFault(secret, { uses: own, snapshot }), ...nameFault(secret, own)];
  });
}

function timeFault(
  secret: Secret,
  { uses, snapshot }: { uses: readonly Use[]; snapshot: Snapshot },
): Draft<Code>[] {
  const annotations = secret.metadata.annotations ?? {};
  const [endMs, startMs] = [Date.parse(annotations[after] ?? ''), Date.parse(annotations[before] ?? '')];
  const { nowMs } = snapshot;
  const [user] = uses;
  const shown = user === undefined ? '' : `, and ${describeRef(user.user)} shows it`;
  const users = [...new Map(uses.map(each => [describeRef(each.user), each.user])).values()];
  const draft = (facts: {
    code: Code;
    severity: 'critical' | 'warning';
    summary: string;
    evidence: string[];
  }): Draft<Code> => ({
    ...facts,
    object: refOf(secret),
    confidence: 'certain',
    fixes: [],
    question: 'Where does its next certificate come from?',
    breaks: users,
    dependsOn: makersOfSecret(secret.metadata, snapshot),
    depth: 2,
  });
  const end = quoteField('tls.crt notAfter', annotations[after]);
  if (endMs <= nowMs)
    return [
      draft({
        code: 'CERTIFICATE_EXPIRED',
        severity: 'critical',
        summary: `its certificate ended ${daysText(nowMs - endMs)} ago${shown}`,
        evidence: [end],
      }),
    ];
  if (startMs > nowMs + skewMs)
    return [
      draft({
        code: 'CERTIFICATE_NOT_YET_VALID',
        severity: 'critical',
        summary: `its certificate is valid only in ${daysText(startMs - nowMs)}${shown}`,
        evidence: [quoteField('tls.crt notBefore', annotations[before])],
      }),
    ];
  const lifeMs = endMs - startMs;
  const leftMs = endMs - nowMs;
  if (!(leftMs < soonMs) || (lifeMs > 0 && leftMs > lifeMs * soonShare)) return [];
  return [
    draft({
      code: 'CERTIFICATE_EXPIRES_SOON',
      severity: 'warning',
      summary: `its certificate ends in ${daysText(leftMs)}${shown}`,
      evidence: [end],
    }),
  ];
}

function nameFault(secret: Secret, uses: readonly Use[]): Draft<Code>[] {
  const text = secret.metadata.annotations?.[namesOfCertificate];
  const names = (text ?? '')
    .split(',')
    .map(each => each.trim().toLowerCase())
    .filter(each => each !== '');
  if (names.length === 0) return [];
  const wrong = uses.filter(
    ({ host }) => host !== undefined && !names.some(name => covers(name, host.toLowerCase())),
  );
  const [first] = wrong;
  if (first === undefined) return [];
  return [
    {
      code: 'CERTIFICATE_NAME_MISMATCH',
      severity: 'critical',
      object: refOf(secret),
      summary: `its certificate is not for ${first.host}, for which ${describeRef(first.user)} shows it`,
      evidence: [
        quoteField('tls.crt names', names.slice(0, 8).join(', ')),
        quoteField(`host of ${describeRef(first.user)}`, first.host),
      ],
      confidence: 'certain',
      fixes: [],
      question: `Which certificate is for ${first.host}?`,
      breaks: wrong.map(({ user }) => user),
      depth: 2,
    },
  ];
}

function usesOf(snapshot: Snapshot): Map<string, Use[]> {
  const uses = new Map<string, Use[]>();
  const add = (place: { name: string; namespace?: string }, use: Use) => {
    const list = uses.get(keyOf(place));
    if (list === undefined) uses.set(keyOf(place), [use]);
    else list.push(use);
  };
  for (const ingress of snapshot.of('Ingress')) {
    const { tls = [], rules = [] } = { ...ingress.spec };
    const { namespace = '' } = ingress.metadata;
    for (const { secretName = '', hosts = [] } of tls) {
      // Without hosts it is for all that the rules have.
      const named = hosts.length > 0 ? hosts : rules.flatMap(({ host }) => host ?? []);
      for (const host of named) add({ name: secretName, namespace }, { user: refOf(ingress), host });
      if (named.length === 0) add({ name: secretName, namespace }, { user: refOf(ingress) });
    }
  }
  for (const { object, namespace, spec } of snapshot.podSets) {
    for (const volume of spec.volumes ?? []) {
      const name = textOf(memberOf(volume, 'secret'), 'secretName');
      if (name !== '') add({ name, namespace }, { user: refOf(object) });
    }
  }
  for (const gateway of snapshot.list('Gateway')) {
    for (const listener of listOf(gateway.spec, 'listeners')) {
      const host = textOf(listener, 'hostname');
      for (const reference of listOf(memberOf(listener, 'tls'), 'certificateRefs')) {
        const namespace = textOf(reference, 'namespace') || gateway.metadata.namespace || '';
        const use = { user: refOf(gateway), ...(host === '' ? {} : { host }) };
        add({ name: textOf(reference, 'name'), namespace }, use);
      }
    }
  }
  return uses;
}

function keyOf({ name, namespace = '' }: { name: string; namespace?: string }): string {
  return `${namespace}/${name}`;
}
