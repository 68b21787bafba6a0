/** A name that a server answered, as ClickHouse's own SQL has it between backticks. */
export function quotedName(name: string): string {
  return `\`${escaped(name)}\``;
}

/** A text as a literal of ClickHouse's SQL. */
export function quotedText(text: string): string {
  return `'${escaped(text)}'`;
}

// In both a backslash begins an escape; what ends a line or a statement is written by its number.
function escaped(text: string): string {
  return text.replaceAll(/[\\'`;]|\p{Cc}/gu, each => {
    const code = each.codePointAt(0) ?? 0;
    return code < 0x80 ? `\\x${code.toString(16).padStart(2, '0')}` : each;
  });
}
