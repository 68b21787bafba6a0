import { isObject } from './json.ts';
import { soundsSecret } from './secret-names.ts';

// A Secret also holds user names, hosts, ports and names of databases, which are words of the cluster as well: masked
// everywhere they would hide namespaces and images from whoever decides. Under a key that does not sound secret only
// what is longer is looked for everywhere.
const shortestUnnamed = 12;
const commonWord =
  /^(?:true|false|yes|no|none|null|on|off|enabled?|disabled?|auto|default|admin|root|user|test|\d{1,5})$/i;

/** Whether a value is worth looking for in everything that leaves; in the field that holds it, it is masked anyway. */
export function isTelling(name: string, value: string): boolean {
  return value.length >= shortestUnnamed || (soundsSecret(name) && !commonWord.test(value));
}

// A file inside a Secret has a few entries; a longer one is no configuration.
const mostInner = 200;

/** Values within a value that is a file: of `NAME=value` lines and of JSON, where the name sounds secret or the value is long. */
export function innerValues(text: string): string[] {
  if (/^\s*\{/.test(text)) {
    try {
      return namedStrings(JSON.parse(text)).slice(0, mostInner);
    } catch {
      return [];
    }
  }
  if (!text.includes('=')) return [];
  return text
    .split(/\r?\n/)
    .slice(0, mostInner)
    .flatMap(line => {
      const parts = /^\s*(?:export\s+)?([A-Za-z_]\w{0,127})=(.*)$/.exec(line);
      const [name, value] = [parts?.[1] ?? '', (parts?.[2] ?? '').trim().replace(/^(["'])(.*)\1$/, '$2')];
      return name !== '' && isTelling(name, value) ? [value] : [];
    });
}

function namedStrings(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(namedStrings);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]) =>
    typeof item === 'string' ? (soundsSecret(key) && isTelling(key, item) ? [item] : []) : namedStrings(item),
  );
}
