/** The namespaces of several that may not be read, as a field of an answer. */
export function notReadFact(unread: ReadonlySet<string>): { notRead?: string[] } {
  return unread.size === 0 ? {} : { notRead: [...unread].sort() };
}

/** The same as a line of its text. */
export function notReadLines(unread: ReadonlySet<string>): string[] {
  return unread.size === 0 ? [] : [`not read, for lack of the right: ${[...unread].sort().join(', ')}`];
}
