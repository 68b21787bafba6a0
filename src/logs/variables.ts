/*
 * What differs from one line to the next of the same statement: times, addresses, identifiers, paths, numbers. A pattern
 * starts only where a run of its characters starts, or is bounded, so a hostile line costs no more than another.
 */

const month = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)';
const clock = String.raw`\d\d:\d\d:\d\d(?:[.,]\d{1,9})?`;

const variables: readonly (readonly [RegExp, string])[] = [
  // How a request ended is what an access log is read for; which of the hundred it was differs.
  [/(?<= HTTP\/\d(?:\.\d)?" )([1-5])\d\d\b/g, '<$1xx>'],
  [new RegExp(String.raw`\b\d{4}[-/]\d\d[-/]\d\d[T ]${clock}(?:Z|[+-]\d\d:?\d\d)?(?!\d)`, 'g'), '<time>'],
  [new RegExp(String.raw`\b\d{1,2}[ /]${month}[ /]\d{4}[ :]${clock}(?: [+-]\d{4})?`, 'g'), '<time>'],
  [new RegExp(String.raw`\b(?:\w{3}, )?${month} {1,2}\d{1,2} ${clock}`, 'g'), '<time>'],
  [new RegExp(String.raw`\b${clock}\b`, 'g'), '<time>'],
  [/\b\d{4}-\d\d-\d\d\b/g, '<time>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<uuid>'],
  [/\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?::\d{1,5})?\b/g, '<ip>'],
  [/(?<![\w:])(?:[0-9a-f]{0,4}:){3,7}[0-9a-f]{0,4}(?![\w:])/gi, '<ip>'],
  [/\b[a-z][a-z0-9+.-]{1,15}:\/\/[^\s"'<>]+/gi, '<url>'],
  [/(?<![\w<./])\/[\w.~%@:+=,;?&*/-]*/g, '<path>'],
  // The names of pods: `api-6f7d8c9b5-x2k4p`.
  [/(?<=[a-z0-9]-)[bcdfghjklmnpqrstvwxz2456789]{6,10}-[bcdfghjklmnpqrstvwxz2456789]{5}\b/g, '<id>'],
  [/\b0x[0-9a-f]+\b/gi, '<hex>'],
  // Eight and more: no word has as many of these letters alone.
  [/\b[0-9a-f]{8,}\b/gi, '<hex>'],
  [/(?<![\w+/=<-])(?=[\w+/=-]*\d)[\w+/=-]{24,}(?![\w>])/g, '<id>'],
  [/(?<![A-Za-z_<])[-+]?\d+(?:[.,]\d+)*/g, '<num>'],
  [/(?<=[A-Za-z_-])\d+/g, '<num>'],
];

/** The text with each part that varies replaced by what it is. A time at its start says nothing and goes. */
export function withoutVariables(text: string): string {
  let result = text;
  for (const [pattern, name] of variables) result = result.replace(pattern, name);
  return result.replace(/^(?:[[(]?<time>[\])]?[ ,;|-]*)+/, '');
}
