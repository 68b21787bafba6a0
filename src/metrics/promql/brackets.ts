const closing: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/** The first bracket or text of a query that is not closed, or one that closes nothing; outside of texts and comments. */
export function openBracket(query: string): { offset: number; message: string } | undefined {
  const open: { bracket: string; offset: number }[] = [];
  for (let offset = 0; offset < query.length; offset += 1) {
    const char = query.charAt(offset);
    if (char === '#') {
      const end = query.indexOf('\n', offset);
      if (end < 0) break;
      offset = end;
    } else if (char === '"' || char === "'" || char === '`') {
      const end = endOfText(query, offset);
      if (end === undefined) return { offset, message: `the text that begins with ${char} does not end` };
      offset = end;
    } else if (closing[char] !== undefined) open.push({ bracket: char, offset });
    else if (char === ')' || char === ']' || char === '}') {
      const last = open.pop();
      if (last === undefined) return { offset, message: `this ${char} closes nothing` };
      const wanted = closing[last.bracket] ?? '';
      if (wanted !== char)
        return {
          offset,
          message: `${wanted} is expected here, for the ${last.bracket} at column ${columnOf(query, last.offset)}`,
        };
    }
  }
  const last = open.at(-1);
  if (last === undefined) return undefined;
  const { bracket } = last;
  const where = columnOf(query, last.offset);
  return {
    offset: query.trimEnd().length,
    message: `${closing[bracket]} is missing, for the ${bracket} at column ${where}`,
  };
}

/** Where a text ends; between backquotes nothing is escaped. */
function endOfText(query: string, start: number): number | undefined {
  const mark = query.charAt(start);
  for (let offset = start + 1; offset < query.length; offset += 1) {
    const char = query.charAt(offset);
    if (char === mark) return offset;
    if (mark !== '`' && char === '\n') return undefined;
    if (mark !== '`' && char === '\\') offset += 1;
  }
  return undefined;
}

function columnOf(query: string, offset: number): number {
  return offset - query.lastIndexOf('\n', offset - 1);
}
