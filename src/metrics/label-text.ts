import { cleanLine, cleanText } from '../core/text.ts';

// Names of pods have 60; a whole URL as a label is told by its beginning.
const valueChars = 80;
const rowChars = 240;

/**
 * Labels as a selector is written, without the braces: `pod="a", job="web"`. They are what others wrote: cleaned, masked
 * (`mask`) and then cut. `without`: labels said elsewhere.
 */
export function labelText(
  labels: Readonly<Record<string, string>>,
  { without, mask }: { without?: ReadonlyMap<string, string>; mask: (text: string) => string },
): string {
  const parts = Object.entries(labels)
    .filter(([name]) => name !== '__name__' && without?.has(name) !== true)
    .map(
      ([name, value]) => `${cleanLine(name, valueChars)}="${cleanLine(mask(cleanText(value)), valueChars)}"`,
    );
  const metric = without?.has('__name__') === true ? undefined : labels['__name__'];
  const selector = parts.join(', ');
  const text =
    metric === undefined
      ? selector
      : cleanLine(mask(metric), valueChars) + (selector === '' ? '' : `{${selector}}`);
  return cleanLine(text, rowChars);
}
