import { cleanLine } from '../../core/text.ts';
import type { Logger } from '../../telemetry/logger.ts';

const sayingChars = 300;

/**
 * The log of a worker whose notes a person reads: what happens by itself is a sentence among the others, where a service
 * writes an object a line. What is said in words already is left out; what is a fault of Vigie stays as it is.
 */
export function proseLog(log: Logger, note: (text: string) => void): Logger {
  return {
    ...log,
    warn: (event, facts = {}) => {
      const text = sentenceOf(event, name => textAt(facts[name]));
      if (text === undefined) log.warn(event, facts);
      else if (text !== '') note(cleanLine(text, sayingChars));
    },
  };
}

/** Undefined: an event that has no sentence; empty: whoever starts runs has told it. */
function sentenceOf(event: string, fact: (name: string) => string): string | undefined {
  switch (event) {
    case 'triggers.unproven':
      return `${fact('sender')}: refused: ${fact('why')}, ${fact('inTheLastMinute')} in the last minute`;
    case 'triggers.match':
      return `${fact('playbook')}: alerts that its match cannot be asked of: ${fact('alerts')}. ${fact('why')}`;
    case 'triggers.storm':
      return `Too many starts in ${fact('environment')} by ${fact('by')}: what comes is held. vigie triggers`;
    case 'triggers.listener':
      return `Alerts and webhooks cannot be taken now: ${fact('why')}`;
    case 'triggers.refused':
    case 'triggers.broken':
      return '';
    default:
      return undefined;
  }
}

function textAt(fact: unknown): string {
  return typeof fact === 'string' || typeof fact === 'number' ? String(fact) : '';
}
