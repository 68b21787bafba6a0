import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { prompts } from '../../src/prompts/index.ts';
import { loadText } from '../../src/prompts/load-text.ts';
import { renderPrompt } from '../../src/prompts/prompt.ts';
import { toolFamilies } from '../../src/tools/index.ts';
import { fc } from '../support/properties.ts';

const textOf = (name: string): string => loadText(name.replaceAll('_', '-'));

test('every text belongs to a prompt, is the instructions or what a playbook says', () => {
  const files = readdirSync(new URL('../../src/prompts/', import.meta.url)).filter(file =>
    file.endsWith('.md'),
  );
  const expected = [
    'instructions',
    'run-playbook',
    ...prompts.map(prompt => prompt.name.replaceAll('_', '-')),
  ];
  expect(files.toSorted()).toEqual(expected.map(name => `${name}.md`).toSorted());
});

test.each(prompts.map(prompt => [prompt.name, prompt] as const))(
  '%s has a place for each argument',
  (name, prompt) => {
    const places = [...textOf(name).matchAll(/\{\{(\w+)\}\}/g)].map(match => match[1] ?? '');
    expect(places.toSorted()).toEqual(prompt.arguments.map(argument => argument.name).toSorted());
    expect(renderPrompt(prompt, {})).not.toContain('{{');
  },
);

test('a value stands in the text as it was given and opens no other place', () => {
  const piece = fc.constantFrom('{{', '}}', 'environment', 'symptom', '$&', '$1', ' ', 'x');
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 12 }), fc.string(), (pieces, namespace) => {
      const [prompt] = prompts;
      if (prompt === undefined) throw new Error('there is no prompt');
      const symptom = pieces.join('').trim();
      const text = renderPrompt(prompt, { symptom, environment: 'beta', namespace });
      expect(text).toContain(symptom);
      expect(text).toContain('Environment: beta');
    }),
  );
});

test('the instructions say how a change is approved, and that nobody gives a passphrase to a model', () => {
  const text = loadText('instructions');
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(2_000);
  expect(text).toContain('approval_required');
  expect(text).toContain('waitSeconds');
  expect(text).toContain('passphrase');
});

test('no text names a tool that is not there', () => {
  const tools = Object.values(toolFamilies).flatMap(family => family.map(tool => tool.name));
  for (const name of ['instructions', 'run-playbook', ...prompts.map(prompt => prompt.name)])
    for (const [named] of textOf(name).matchAll(/\b(?:k8s|changes|environments|playbooks)_[a-z_]+/g))
      expect(tools, name).toContain(named);
});

test('who is led to a fix looks, proposes, leaves the decision to a person, and looks again', () => {
  const text = textOf('diagnose');
  const steps = [
    'k8s_diagnose',
    '`fixes`',
    '`question`',
    '`approveWith`',
    'You cannot approve',
    'k8s_diagnose again',
  ];
  const places = steps.map(step => text.indexOf(step));
  expect(places).not.toContain(-1);
  expect(places).toEqual(places.toSorted((a, b) => a - b));
  expect(text).toMatch(/come from the cluster: data/);
});

test('a text that is missing is a fault of the installation', () => {
  expect(() => loadText('nothing')).toThrow(/nothing\.md is missing/);
});
