import { isObject, type JsonObject, listOf, textIn, textOf } from '../../../core/json.ts';
import { isSecretField, maskForms } from '../../../core/secret-forms.ts';
import { isSecretFlag, soundsSecret } from '../../../core/secret-names.ts';
import { containersIn, podIn } from '../pod-parts.ts';
import type { Place, Rule } from '../rule.ts';
import { cis, docs } from '../sources.ts';

const question =
  'Which Secret is to hold it? Refer to it there, and change the value: whoever could read this knows it.';

/** Values that are secret and stand where others read. Never one of them stands in a message. */
export const secretRules: readonly Rule[] = [
  {
    id: 'secret-in-env',
    title: 'Secret in a variable',
    severity: 'high',
    appliesTo: 'pods',
    source: cis('5.4, secrets management'),
    why: 'Whoever may read the workload, its history or its repository has it.',
    check(object) {
      const pod = podIn(object);
      if (pod === undefined) return [];
      return containersIn(pod).flatMap(({ container, name, at }) => [
        ...listOf(container, 'env').flatMap((variable, index): Place[] => {
          const key = textOf(variable, 'name');
          const value = textOf(variable, 'value');
          // `$(OTHER)` only passes on what stands elsewhere.
          if (value === '' || value.startsWith('$(') || !isSecret(key, value)) return [];
          const message = `container ${name} has what looks like a secret in clear in ${key}`;
          return [{ path: `${at}.env[${index}].value`, message, question }];
        }),
        ...['command', 'args'].flatMap(field =>
          wordsOf(container, field).flatMap((word, index, words): Place[] => {
            const flagged = isSecretFlag(words[index - 1]) && word.length > 3 && !/^[-$]/.test(word);
            if (!flagged && !hasSecretForm(word)) return [];
            const message = `container ${name} has what looks like a secret in clear on its command line`;
            return [{ path: `${at}.${field}[${index}]`, message, question }];
          }),
        ),
      ]);
    },
  },
  {
    id: 'secret-in-config',
    title: 'Secret in a ConfigMap',
    severity: 'high',
    appliesTo: ['ConfigMap'],
    source: docs('ConfigMaps', 'concepts/configuration/configmap/'),
    why: 'ConfigMaps are read by many who may not read Secrets, and are not encrypted at rest.',
    check({ data }) {
      if (!isObject(data)) return [];
      return Object.entries(data).flatMap(([key, value]): Place[] =>
        isSecret(key, textIn(value))
          ? [{ path: `data[${key}]`, message: `has what looks like a secret in clear in ${key}`, question }]
          : [],
      );
    },
  },
];

function isSecret(name: string, value: string): boolean {
  return isSecretByName(name, value) || hasSecretForm(value);
}

/** A mask may cover too much; a finding may not: what is about a secret, or where one lies, is none. */
function isSecretByName(name: string, value: string): boolean {
  const apart = name.slice(0, longestName).replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2');
  const words = apart.toLowerCase().split(/[^a-z0-9]+/);
  if (aboutOne.has(words.at(-1) ?? '') || isPlace(value)) return false;
  // Alone it says too little: AUTH_PROVIDERS, AUTH_ENABLED_FOR.
  const telling = words.filter(word => word !== 'auth').join('_');
  return soundsSecret(telling) && isSecretField(name, value);
}

// As far as names are read elsewhere.
const longestName = 256;

const aboutOne = new Set(
  'address algo algorithm backend class domain driver format hash host id link manager port prefix region server service store uri url user username version'.split(
    ' ',
  ),
);

/** An address without a login, a path, a host with a port. */
function isPlace(value: string): boolean {
  return /^(?:[a-z][a-z0-9+.-]*:\/\/[^@\s]*|\/[\w./-]*|[\w.-]+:\d{1,5})$/i.test(value);
}

/** By what the masks of the exits know. */
function hasSecretForm(text: string): boolean {
  let found = false;
  maskForms(text, value => {
    // What a program is told to fill in is none: `$(TOKEN)`, `${TOKEN}`, `{{ .token }}`.
    if (!/^[$<{%]/.test(value)) found = true;
    return value;
  });
  return found;
}

function wordsOf(container: JsonObject, field: string): string[] {
  const words = container[field];
  return Array.isArray(words) ? words.map(textIn) : [];
}
