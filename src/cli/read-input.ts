import { VigieError } from '../core/errors.ts';

/** One input of a playbook as it is typed, `name=value`, after those before it. @throws VigieError INVALID_INPUT */
export function readInput(text: string, before: [string, string][]): [string, string][] {
  const at = text.indexOf('=');
  if (at > 0) return [...before, [text.slice(0, at), text.slice(at + 1)]];
  throw new VigieError('INVALID_INPUT', 'An input is written name=value.', {
    hint: 'vigie run NAME -i namespace=shop',
  });
}
