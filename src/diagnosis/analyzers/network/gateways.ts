import { listOf, memberOf, textOf } from '../../../core/json.ts';
import { describeRef } from '../../../core/ref.ts';
import { type KubeObject, refOf } from '../../../kubernetes/object.ts';
import { isDeleting } from '../../../kubernetes/owners.ts';
import { sinceMs } from '../../ages.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { quoteField } from '../../evidence.ts';
import { patchFix } from '../../fixes.ts';
import { replaceAt } from '../../json-pointer.ts';
import { gatewayGroup } from '../../network/gateway-drafts.ts';
import { conditionIn, isGranted, listenersOf, referenceIn } from '../../network/gateway-facts.ts';
import { makersOfSecret } from '../../secret-makers.ts';
import { meantName } from '../../slip.ts';
import type { Snapshot } from '../../snapshot.ts';

type Code =
  | 'GATEWAY_CLASS_MISSING'
  | 'GATEWAY_CLASS_REFUSED'
  | 'GATEWAY_TLS_SECRET_MISSING'
  | 'GATEWAY_GRANT_MISSING'
  | 'GATEWAY_NOT_PROGRAMMED';

// A controller takes seconds; one that makes machines in a cloud takes minutes.
const programmedMs = 5 * 60_000;

/** Gateways that no controller serves, or that lack what their listeners need. */
export const gatewaysAnalyzer = defineAnalyzer({
  id: 'gateways',
  needs: ['Gateway', 'GatewayClass', 'Secret', 'ReferenceGrant'],
  codes: {
    GATEWAY_CLASS_MISSING: {
      row: 'gateway',
      means: 'A Gateway names a class that does not exist, so no controller serves it.',
      decided: 'spec.gatewayClassName names no GatewayClass.',
      fixed: 'The class of the nearest name, or the only one there is.',
    },
    GATEWAY_CLASS_REFUSED: {
      row: 'gateway',
      means: 'A controller does not accept a class of Gateways, or none has looked at it.',
      decided: 'The condition Accepted of a GatewayClass that a Gateway names is not True for five minutes.',
      fixed: 'What the condition complains about, or the installation of the controller.',
    },
    GATEWAY_TLS_SECRET_MISSING: {
      row: 'gateway',
      means: 'A listener of a Gateway names a Secret for TLS that does not exist.',
      decided: 'tls.certificateRefs against all Secrets of that namespace.',
      fixed: 'The TLS Secret of the nearest name; else the certificate itself is needed.',
    },
    GATEWAY_GRANT_MISSING: {
      row: 'gateway',
      means: 'A listener of a Gateway takes a Secret of another namespace, which nobody there allows.',
      decided: 'No ReferenceGrant in the namespace of the Secret names this one.',
      fixed: 'A ReferenceGrant there, or a Secret beside the Gateway.',
    },
    GATEWAY_NOT_PROGRAMMED: {
      row: 'gateway',
      means: 'A controller could not put a Gateway to work.',
      decided:
        'Accepted, ResolvedRefs or Programmed, of the Gateway or of a listener of it, is False for five minutes.',
      fixed: 'What the condition complains about.',
    },
  },

  analyze(snapshot) {
    const gateways = snapshot
      .list('Gateway')
      .filter(each => each.apiVersion.startsWith(`${gatewayGroup}/`) && !isDeleting(each));
    return [
      ...gateways.flatMap(each => [
        ...classFault(each, snapshot),
        ...secretFaults(each, snapshot),
        ...programFault(each, snapshot),
      ]),
      ...refusedClasses(gateways, snapshot),
    ];
  },
});

function classFault(gateway: KubeObject, snapshot: Snapshot): Draft<Code>[] {
  const name = textOf(gateway.spec, 'gatewayClassName');
  if (name === '' || !snapshot.lacks({ kind: 'GatewayClass', name })) return [];
  const names = snapshot.list('GatewayClass').map(({ metadata }) => metadata.name);
  const right = meantName(name, names) ?? (names.length === 1 ? names[0] : undefined);
  const ref = refOf(gateway);
  return [
    {
      code: 'GATEWAY_CLASS_MISSING',
      severity: 'critical',
      object: ref,
      summary: `names the class ${name}, which does not exist: no controller serves it`,
      evidence: [
        quoteField('spec.gatewayClassName', name),
        quoteField('GatewayClasses', names.slice(0, 5).join(', ') || 'none'),
      ],
      confidence: 'certain',
      fixes:
        right === undefined
          ? []
          : [
              patchFix(ref, {
                patch: [replaceAt('spec.gatewayClassName', right)],
                does: `Let class ${right} serve ${describeRef(ref)}`,
              }),
            ],
      ...(right === undefined ? { question: 'Which controller is to serve it?' } : {}),
      depth: 3,
    },
  ];
}

function refusedClasses(gateways: readonly KubeObject[], snapshot: Snapshot): Draft<Code>[] {
  return snapshot.list('GatewayClass').flatMap((found): Draft<Code>[] => {
    const own = gateways.filter(({ spec }) => textOf(spec, 'gatewayClassName') === found.metadata.name);
    const accepted = conditionIn(found.status, 'Accepted');
    if (own.length === 0 || accepted === undefined || accepted['status'] === 'True') return [];
    const since =
      textOf(accepted, 'status') === 'False'
        ? textOf(accepted, 'lastTransitionTime')
        : found.metadata.creationTimestamp;
    if ((sinceMs(snapshot, since) ?? programmedMs) < programmedMs) return [];
    return [
      {
        code: 'GATEWAY_CLASS_REFUSED',
        severity: 'critical',
        object: refOf(found),
        summary:
          textOf(accepted, 'status') === 'False'
            ? 'its controller does not accept it'
            : 'no controller has looked at it',
        evidence: [
          quoteField(
            `status.conditions[Accepted] ${textOf(accepted, 'reason')}`,
            textOf(accepted, 'message'),
          ),
          quoteField('spec.controllerName', found.spec?.['controllerName']),
        ],
        confidence: 'certain',
        fixes: [],
        question: 'Is its controller installed, and what does it say?',
        breaks: own.map(refOf),
        depth: 3,
      },
    ];
  });
}

function secretFaults(gateway: KubeObject, snapshot: Snapshot): Draft<Code>[] {
  const { namespace = '' } = gateway.metadata;
  const ref = refOf(gateway);
  return listenersOf(gateway).flatMap(listener =>
    listOf(memberOf(listener.fields, 'tls'), 'certificateRefs').flatMap((fields, index): Draft<Code>[] => {
      const at = `${listener.at}.tls.certificateRefs[${index}]`;
      const to = referenceIn(fields, { at, kind: 'Secret', group: '', namespace });
      if (to.kind !== 'Secret' || to.group !== '' || to.name === '') return [];
      const place = { kind: 'Secret', name: to.name, namespace: to.namespace };
      if (snapshot.lacks(place)) {
        const names = snapshot
          .of('Secret')
          .filter(({ metadata, type }) => metadata.namespace === to.namespace && type === 'kubernetes.io/tls')
          .map(({ metadata }) => metadata.name);
        const near = meantName(to.name, names);
        return [
          {
            code: 'GATEWAY_TLS_SECRET_MISSING',
            severity: 'critical',
            object: { apiVersion: 'v1', ...place },
            summary: `it does not exist, and listener ${listener.name} of ${describeRef(ref)} takes it for TLS`,
            evidence: [quoteField(`${describeRef(ref)} ${at}.name`, to.name)],
            confidence: 'certain',
            fixes:
              near === undefined
                ? []
                : [
                    patchFix(ref, {
                      patch: [replaceAt(`${at}.name`, near)],
                      does: `Let ${describeRef(ref)} take Secret/${near}`,
                    }),
                  ],
            ...(near === undefined
              ? { question: 'Where are the certificate and its key for this listener?' }
              : {}),
            breaks: [ref],
            dependsOn: makersOfSecret(place, snapshot),
            depth: 3,
          },
        ];
      }
      if (
        !snapshot.sees('ReferenceGrant', to.namespace) ||
        isGranted({ from: { group: gatewayGroup, kind: 'Gateway', namespace }, to }, snapshot)
      )
        return [];
      return [
        {
          code: 'GATEWAY_GRANT_MISSING',
          severity: 'critical',
          object: ref,
          summary: `listener ${listener.name} takes Secret ${to.name} of ${to.namespace}, and no ReferenceGrant there allows it`,
          evidence: [quoteField(at, fields)],
          confidence: 'certain',
          fixes: [],
          question: `May Gateways of ${namespace} read Secret ${to.name} of ${to.namespace}?`,
          depth: 3,
        },
      ];
    }),
  );
}

function programFault(gateway: KubeObject, snapshot: Snapshot): Draft<Code>[] {
  const places = [
    { at: 'status', fields: gateway.status },
    ...listOf(gateway.status, 'listeners').map(fields => ({
      at: `status.listeners[${textOf(fields, 'name')}]`,
      fields,
    })),
  ];
  for (const { at, fields } of places) {
    const wrong = ['Accepted', 'ResolvedRefs', 'Programmed']
      .map(type => conditionIn(fields, type))
      .find(each => each?.['status'] === 'False');
    if (
      wrong === undefined ||
      (sinceMs(snapshot, textOf(wrong, 'lastTransitionTime')) ?? programmedMs) < programmedMs
    )
      continue;
    return [
      {
        code: 'GATEWAY_NOT_PROGRAMMED',
        severity: 'critical',
        object: refOf(gateway),
        summary: `its controller could not put ${at === 'status' ? 'it' : 'a listener'} to work`,
        evidence: [
          quoteField(
            `${at}.conditions[${textOf(wrong, 'type')}] ${textOf(wrong, 'reason')}`,
            textOf(wrong, 'message'),
          ),
        ],
        confidence: 'certain',
        fixes: [],
        question: 'What does its controller need?',
        dependsOn: [{ kind: 'GatewayClass', name: textOf(gateway.spec, 'gatewayClassName') }],
        depth: 2,
      },
    ];
  }
  return [];
}
