/** How whoever started this program starts it again: npx leaves no `vigie` behind on the path. */
export function ownName(env: Readonly<Record<string, string | undefined>>): string {
  // npm says of `npx` and `npm exec` alike which of its commands runs the program.
  return env['npm_command'] === 'exec' ? 'npx vigie' : 'vigie';
}
