type SelectorRequirement = { key: string; operator: string; values?: string[] };

export type LabelSelector = {
  matchLabels?: Record<string, string>;
  matchExpressions?: SelectorRequirement[];
};
