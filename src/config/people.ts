/** Somebody named in vigie.yaml. */
export interface Person {
  groups: readonly string[];
  /** Users of operating systems that are this person; absent: one of the person's own name alone. */
  logins?: readonly string[];
}

/** The person behind an OS user or the name that a token bears; undefined: nobody under people is that. */
export function personBehind(people: ReadonlyMap<string, Person>, name: string): string | undefined {
  if (people.has(name)) return name;
  return [...people].find(([, { logins }]) => logins?.includes(name))?.[0];
}
