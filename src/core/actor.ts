import { cleanLine } from './text.ts';

/** As long as a label that a client gives itself may be where people decide by what they read. */
const shownNameChars = 64;

/** Who asks for something. An agent acts for a person: four eyes and budgets look at the person. */
export interface Actor {
  kind: 'person' | 'agent' | 'playbook' | 'trigger';
  /** The person's name, the MCP client's own name (a label only), the playbook or the trigger. */
  name: string;
  /** The door it came through. */
  via: 'cli' | 'mcp-stdio' | 'mcp-http' | 'engine' | 'trigger' | 'tick';
  /** The person behind it: the OS user on stdio and the terminal, the token's person on HTTP. Over `trigger` none is: what came. */
  onBehalfOf: string;
  /** Of a playbook: its run. */
  run?: string;
}

/** A name that a client gave itself in quotation marks and short, so that it reads as a name whatever it says. */
export function shownName({ kind, name }: Pick<Actor, 'kind' | 'name'>): string {
  const short = cleanLine(name, shownNameChars);
  return kind === 'person' ? short : JSON.stringify(short);
}

/**
 * What an approval is worth here, computed and never configured. `advisory`: the side that asks runs as the same
 * OS user as Vigie, or can read its credentials, store or approvers. `separated`: it cannot.
 */
export type Assurance = 'advisory' | 'separated';
