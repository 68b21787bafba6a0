/**
 * Where a secret's value is found. Made only from vigie.yaml: a string in an input that looks like one stays a string,
 * since the type is a class with a private member and nothing but `parse` makes one.
 */
export class SecretReference {
  readonly source: 'env' | 'file';
  /** The variable's name, or an absolute path. */
  readonly locator: string;
  readonly #made = true;

  private constructor(source: 'env' | 'file', locator: string) {
    this.source = source;
    this.locator = locator;
  }

  /** `env:NAME` or `file:/absolute/path`; undefined for anything else. */
  static parse(text: string): SecretReference | undefined {
    const env = /^env:([A-Za-z_][A-Za-z0-9_]{0,127})$/.exec(text)?.[1];
    if (env !== undefined) return new SecretReference('env', env);
    const file = /^file:(\/\P{Cc}{1,4095})$/u.exec(text)?.[1];
    if (file !== undefined) return new SecretReference('file', file);
    return undefined;
  }

  /** Tells a reference from an object that only has its fields. */
  static is(value: unknown): value is SecretReference {
    return typeof value === 'object' && value !== null && #made in value && value.#made;
  }

  toString(): string {
    return `${this.source}:${this.locator}`;
  }
}
