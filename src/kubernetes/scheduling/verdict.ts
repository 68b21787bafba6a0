/** Why a node does not take a pod, and whether it might if other pods made room. */
export interface Verdict {
  why: string;
  evictionHelps: boolean;
}
