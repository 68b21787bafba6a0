import { type JsonObject, listOf, memberOf, textOf } from '../../core/json.ts';

/** What mutes alerts for a time. */
export interface Silence {
  id: string;
  state: 'active' | 'pending' | 'expired';
  /** All of them must fit an alert. */
  matchers: Matcher[];
  startsAt: Date;
  endsAt: Date;
  createdBy: string;
  comment: string;
}

interface Matcher {
  name: string;
  value: string;
  isRegex: boolean;
  /** False: alerts whose label is another. */
  isEqual: boolean;
}

export function silenceOf(silence: JsonObject): Silence {
  const state = textOf(memberOf(silence, 'status'), 'state');
  return {
    id: textOf(silence, 'id'),
    state: state === 'pending' || state === 'expired' ? state : 'active',
    matchers: listOf(silence, 'matchers').map(matcher => ({
      name: textOf(matcher, 'name'),
      value: textOf(matcher, 'value'),
      isRegex: matcher['isRegex'] === true,
      isEqual: matcher['isEqual'] !== false,
    })),
    startsAt: new Date(textOf(silence, 'startsAt')),
    endsAt: new Date(textOf(silence, 'endsAt')),
    createdBy: textOf(silence, 'createdBy'),
    comment: textOf(silence, 'comment'),
  };
}
