/**
 * A name that a server answered, as an identifier of SQL. What psql or an editor would read as more than a letter (line
 * breaks, backslashes) is written as its number: no text of a server can end a line of a script or begin a command.
 */
export function identifier(name: string): string {
  if (!/[\p{Cc}\\]/u.test(name)) return `"${name.replaceAll('"', '""')}"`;
  const escaped = name
    .replaceAll('"', '""')
    .replaceAll('!', '!!')
    .replaceAll(/[\p{Cc}\\]/gu, each => `!${(each.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`);
  return `U&"${escaped}" UESCAPE '!'`;
}

/** A text of our own as a literal of SQL. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
