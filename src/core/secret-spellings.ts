// A line of a longer value, as logs and indented YAML show it; shorter ones (braces, `key:`) say nothing.
const shortestLine = 12;
/** Begins and ends every key alike; masked, it would hide that what follows is one. */
const armour = /^-----(?:BEGIN|END) /;
// Widths at which common tools wrap base64: MIME, and PEM.
const wraps = [76, 64];

/**
 * The spellings in which a value may reappear: raw and by lines, in either Unicode form, as JSON (two ways), base64
 * (three alignments, wrapped), base64url, hex, URL and HTML.
 */
export function spellingsOf(value: string): string[] {
  const bytes = Buffer.from(value, 'utf8');
  const base64 = bytes.toString('base64');
  const bare = base64.replace(/=+$/, '');
  const url = encodeURIComponent(value);
  const forms = [
    value,
    value.normalize('NFC'),
    value.normalize('NFD'),
    JSON.stringify(value).slice(1, -1),
    // Encoders that keep HTML safe spell these three by number.
    JSON.stringify(value)
      .slice(1, -1)
      .replace(/[<>&]/g, character => `\\u00${character.charCodeAt(0).toString(16)}`),
    base64,
    bare,
    bytes.toString('base64url'),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    url,
    url.replace(/%[0-9A-F]{2}/g, code => code.toLowerCase()),
    value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
    // Inside a longer text that was encoded whole, what the neighbours touch is cut off at both ends.
    bare.slice(0, -1),
    ...[1, 2].map(offset =>
      Buffer.concat([Buffer.alloc(offset), bytes])
        .toString('base64')
        .replace(/=+$/, '')
        .slice(offset + 1, -1),
    ),
    ...linesOf(value),
    ...wraps.flatMap(width => (base64.length > width ? chunksOf(base64, width) : [])),
  ];
  return [...new Set(forms)];
}

/** The lines of a value that has several: nothing shows it whole again but the place it came from. */
function linesOf(value: string): string[] {
  if (!value.includes('\n')) return [];
  return value
    .split(/\r?\n/)
    .map(line => line.trim())
    .filter(line => line.length >= shortestLine && !armour.test(line));
}

function chunksOf(text: string, width: number): string[] {
  const chunks: string[] = [];
  for (let at = 0; at < text.length; at += width) chunks.push(text.slice(at, at + width));
  return chunks.filter(chunk => chunk.length >= shortestLine);
}
