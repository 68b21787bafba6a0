/** Letters, digits and what no shell, no file of settings and no list of options reads as more than itself. */
const plainPattern = /^(?:\/[\p{L}\p{N}_.@+-]+)+$/u;

/** What a path that is no plain one is told. */
export const plainPathRule = 'must be an absolute path of letters, digits and . _ - + @';

/** Whether programs that hand a path on to a shell, as pg_ctl does, can be given it. */
export function isPlainPath(path: string): boolean {
  return plainPattern.test(path);
}
