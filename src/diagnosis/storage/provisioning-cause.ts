/** In this order: a message about the quota of a zone is about the quota. */
const reasons: readonly (readonly [says: RegExp, cause: string])[] = [
  [/quota|limit ?exceeded/i, "the provider's quota is used up"],
  [
    /unauthorized|denied|permission|forbidden|credential/i,
    'the provisioner may not, or its credentials are wrong',
  ],
  [/no space|not enough|insufficient|exhausted|capacity/i, 'the storage behind has no room for it'],
  [/zone|topolog|region/i, 'no volume can be made where the pod can run'],
  [/refused|deadline|timed? ?out|no such host|unavailable/i, 'the provisioner does not reach its storage'],
  [/size|too (?:small|large|big)/i, 'the size asked for cannot be had'],
  [/invalid|parameter|unsupported|unknown/i, 'the class has a parameter that the provisioner does not take'],
];
// Messages of providers carry whole answers; the reason comes first.
const messageChars = 1_000;

/** Why a provisioner made no volume, by its message; undefined: it says nothing that is known. */
export function provisioningCause(message: string): string | undefined {
  return reasons.find(([says]) => says.test(message.slice(0, messageChars)))?.[1];
}
