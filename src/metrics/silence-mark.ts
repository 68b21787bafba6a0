const marked = /\s*\(vigie [\w-]+\)$/;

/** A comment that ends with the mark by which its silence is known again; a mark that it had is replaced. */
export function withMark(comment: string, mark: string): string {
  return `${comment.replace(marked, '')} (vigie ${mark})`.trimStart();
}

export function endsWithMark(comment: string, mark: string): boolean {
  return comment.endsWith(`(vigie ${mark})`);
}
