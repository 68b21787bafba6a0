/** Why a kubelet ended a pod that had done nothing else wrong. */
export type EvictionCause = { of: 'node'; resource: string; usage?: string } | { of: 'limit'; what: string };

/** By the words of kubelets; undefined: a shutdown of the node, or what is not known. */
export function evictionCause(message: string): EvictionCause | undefined {
  const text = message.slice(0, 2_000);
  const usage = /Container \S{1,63} was using [^,]{1,40}, request is [^,]{1,40}/.exec(text)?.[0];
  const resource =
    /low on resource: \[?([\w.-]{1,60}?)[\].\s]/.exec(`${text} `)?.[1] ??
    /had condition: \[(\w{1,40})\]/.exec(text)?.[1];
  if (resource !== undefined) return { of: 'node', resource, ...(usage === undefined ? {} : { usage }) };
  if (/exceeds the total limit|exceeded its local ephemeral storage limit|exceeds the limit/.test(text))
    return {
      of: 'limit',
      what: /EmptyDir/.test(text) ? 'the size limit of an emptyDir' : 'its limit of ephemeral-storage',
    };
  return undefined;
}
