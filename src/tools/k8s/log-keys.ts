// A program that logs a private key does so in many lines, and each is masked on its own, before any filter sees it.

const begin = '-----BEGIN PRIVATE KEY-----';
const begins = /-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----/;
/** The body, and the headers that old formats put before it. */
const belongs = /^\s*(?:[A-Za-z0-9+/=]+|(?:Proc-Type|DEK-Info): .*)?\s*$/;
/** Of RSA with 16,384 bits there are fewer. */
const mostLines = 250;

/** Masks the lines of one log, in their order: a private key from its first line to its last. */
export function maskKeyLines(mask: (text: string) => string): (text: string) => string {
  let left = 0;
  return text => {
    if (begins.test(text)) {
      left = /-----END /.test(text) ? 0 : mostLines;
      return mask(text);
    }
    if (left === 0) return mask(text);
    const isLast = text.includes('-----END ');
    left = isLast || !belongs.test(text) ? 0 : left - 1;
    return left > 0 || isLast ? mask(begin + text) : mask(text);
  };
}
