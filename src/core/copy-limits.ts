/** What one copy to or from a pod may be: it is held in memory whole, and its files are read by an approver. */
export const copyLimits = {
  bytes: 64_000_000,
  /** A copy of more files is no longer looked at one by one. */
  files: 1_000,
} as const;
