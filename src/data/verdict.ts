/** How bad a line is. `note`: told, and nothing to judge. */
type Level = 'ok' | 'note' | 'warning' | 'critical' | 'not checked';

/** One thing that was looked at. `text` may hold text of the service: names, statements, reasons. */
export interface Line {
  check: string;
  level: Level;
  text: string;
  /** Where the threshold that it passed is from. */
  source?: string;
}

/** Of a whole service. */
export type State = 'ok' | 'warning' | 'critical' | 'not checked';

/** The worst of its lines; what was not checked is worse than ok, and notes count for nothing. */
export function stateOf(lines: readonly Line[]): State {
  const has = (level: Level): boolean => lines.some(line => line.level === level);
  if (has('critical')) return 'critical';
  if (has('warning')) return 'warning';
  return has('not checked') || !has('ok') ? 'not checked' : 'ok';
}

const order: readonly Level[] = ['critical', 'warning', 'not checked', 'ok', 'note'];

/** The same lines, the worst first; of one level as they came. */
export function worstFirst(lines: readonly Line[]): Line[] {
  return lines.toSorted((a, b) => order.indexOf(a.level) - order.indexOf(b.level));
}

export function notChecked(check: string, why: string): Line {
  return { check, level: 'not checked', text: why };
}
