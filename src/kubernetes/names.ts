// The forms that the API server asks of names, labels and values, with its own words for what does not fit.

const labelForm = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomainForm = `${labelForm}(\\.${labelForm})*`;
const qualifiedForm = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';

const maxLabel = 63;
const maxSubdomain = 253;

/** A DNS-1123 label (namespaces, containers, ports): the faults, none when it fits. */
export function labelNameFaults(name: string): string[] {
  const faults = tooLong(name, maxLabel);
  if (fits(name, labelForm)) return faults;
  return [
    ...faults,
    `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${labelForm}')`,
  ];
}

/** A DNS-1123 subdomain: the names of most objects. */
export function subdomainFaults(name: string): string[] {
  const faults = tooLong(name, maxSubdomain);
  if (fits(name, subdomainForm)) return faults;
  return [
    ...faults,
    `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${subdomainForm}')`,
  ];
}

/** A name that is one segment of a path: what RBAC asks of its objects. */
export function pathSegmentFaults(name: string): string[] {
  if (name === '.' || name === '..') return [`may not be '${name}'`];
  return ['/', '%'].filter(part => name.includes(part)).map(part => `may not contain '${part}'`);
}

/** The key of a label or annotation: `name` or `prefix/name`. */
export function labelKeyFaults(key: string): string[] {
  const parts = key.split('/');
  const name = parts.at(-1) ?? '';
  if (parts.length > 2) {
    return [
      `a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${qualifiedForm}') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const faults: string[] = [];
  if (parts.length === 2) {
    const prefix = parts[0] ?? '';
    if (prefix === '') faults.push('prefix part must be non-empty');
    else faults.push(...subdomainFaults(prefix).map(fault => `prefix part ${fault}`));
  }
  if (name === '') faults.push('name part must be non-empty');
  faults.push(...tooManyBytes(name, maxLabel).map(fault => `name part ${fault}`));
  if (!fits(name, qualifiedForm)) {
    faults.push(
      `name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${qualifiedForm}')`,
    );
  }
  return faults;
}

/** The value of a label; empty is a value. */
export function labelValueFaults(value: string): string[] {
  const faults = tooManyBytes(value, maxLabel);
  if (value === '' || fits(value, qualifiedForm)) return faults;
  return [
    ...faults,
    `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(${qualifiedForm})?')`,
  ];
}

/** A key of a ConfigMap's or Secret's data. */
export function dataKeyFaults(key: string): string[] {
  const form = '[-._a-zA-Z0-9]+';
  const faults = tooLong(key, maxSubdomain);
  if (key === '.' || key === '..') faults.push(`must not be '${key}'`);
  else if (key.startsWith('..')) faults.push("must not start with '..'");
  if (fits(key, form)) return faults;
  return [
    ...faults,
    `a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '${form}')`,
  ];
}

/** The name of a container's or service's port. */
export function portNameFaults(name: string): string[] {
  const faults: string[] = [];
  const maxPortName = 15;
  if (name.length > maxPortName) faults.push(`must be no more than ${maxPortName} characters`);
  if (!/^[-a-z0-9]+$/.test(name))
    faults.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(name)) faults.push('must contain at least one letter (a-z)');
  if (name.includes('--')) faults.push('must not contain consecutive hyphens');
  if (name.startsWith('-') || name.endsWith('-')) faults.push('must not begin or end with a hyphen');
  return faults;
}

// A text far over every limit is not matched against its form: the fault is its length, and matching is work.
function fits(text: string, form: string): boolean {
  return text.length > maxSubdomain || new RegExp(`^(?:${form})$`).test(text);
}

function tooLong(text: string, limit: number): string[] {
  return text.length > limit ? [`must be no more than ${limit} characters`] : [];
}

// The server counts bytes in labels, and says so.
function tooManyBytes(text: string, limit: number): string[] {
  return Buffer.byteLength(text) > limit ? [`must be no more than ${limit} bytes`] : [];
}
