const marked = /\s*\(vigie [\w-]+\)$/;

/**
 * Words that end with the mark by which what they stand on is known again, where its system takes no id from us; a mark that
 * they had is replaced.
 */
export function withMark(words: string, mark: string): string {
  return `${words.replace(marked, '')} (vigie ${mark})`.trimStart();
}

export function endsWithMark(words: string, mark: string): boolean {
  return words.endsWith(`(vigie ${mark})`);
}
