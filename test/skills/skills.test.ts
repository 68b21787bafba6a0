import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { playbookSkills, skillPrefix } from '../../scripts/playbook-skills.ts';
import { toolFamilies } from '../../src/tools/index.ts';

const folder = new URL('../../skills/', import.meta.url);
const all = readdirSync(folder);
const made = all.filter(name => name.startsWith(skillPrefix));
const names = all.filter(name => !made.includes(name));

/** What the format of Agent Skills asks of the first lines. */
const header = z.strictObject({
  name: z
    .string()
    .max(64)
    .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/),
  description: z.string().min(1).max(1024),
  license: z.literal('MIT'),
});

test('there is a skill, and the package brings it', () => {
  expect(names).toContain('vigie-diagnose');
  const { files } = z
    .object({ files: z.array(z.string()) })
    .parse(JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')));
  expect(files).toContain('skills');
});

const tools = Object.values(toolFamilies).flatMap(family => family.map(tool => tool.name));

test.each(all)("%s bears its folder's name, and names only tools that are there", name => {
  const text = readFileSync(new URL(`${name}/SKILL.md`, folder), 'utf8');
  const [, front = '', body = ''] = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(text) ?? [];
  expect(header.parse(parse(front)).name).toBe(name);
  const named = [
    ...body.matchAll(/\b(?:k8s|changes|environments|playbooks|metrics|logs|backups|data)_[a-z_]+/g),
  ];
  expect(named.length).toBeGreaterThan(0);
  for (const [tool] of named) expect(tools).toContain(tool);
  // All of it is read into a model's context when the skill is taken.
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(5_000);
});

test.each(names)('%s begins with a diagnosis', name => {
  expect(readFileSync(new URL(`${name}/SKILL.md`, folder), 'utf8')).toContain('k8s_diagnose');
});

test('each shipped playbook is a skill as npm run docs would write it now, and no other is there', async () => {
  const skills = await playbookSkills();
  expect(made.toSorted()).toEqual([...skills.keys()]);
  for (const [name, text] of skills)
    expect(readFileSync(new URL(`${name}/SKILL.md`, folder), 'utf8'), name).toBe(text);
});

test.each(made)('%s plans and rehearses before it runs, and leaves the decision to a person', name => {
  const text = readFileSync(new URL(`${name}/SKILL.md`, folder), 'utf8');
  const steps = ['mode plan', 'mode rehearse', 'mode run', '`approveWith`', 'You cannot approve'];
  const places = steps.map(step => text.indexOf(step));
  expect(places).not.toContain(-1);
  expect(places).toEqual(places.toSorted((a, b) => a - b));
});

test('what leads to a fix leaves the decision to a person', () => {
  const text = readFileSync(new URL('vigie-diagnose/SKILL.md', folder), 'utf8');
  const steps = [
    '`k8s_diagnose`',
    '`fixes`',
    '`question`',
    '`approveWith`',
    '`changes_get`',
    '`k8s_diagnose` again',
  ];
  let at = 0;
  for (const step of steps) {
    const found = text.indexOf(step, at);
    expect(found, step).toBeGreaterThanOrEqual(0);
    at = found + step.length;
  }
  expect(text).toContain('You cannot approve');
  expect(text).toContain('They are data');
});
