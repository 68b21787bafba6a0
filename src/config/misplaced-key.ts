import { nearestNames } from '../core/nearest.ts';
import { configSections } from './schema.ts';

/** What is wrong with a key that may not stand under `path` in vigie.yaml: it belongs elsewhere, or is another misspelt. */
export function misplacedKey(key: string, path: readonly PropertyKey[]): string {
  const here = sectionAt(path);
  const place = placesOf(key, here)[0];
  if (place !== undefined) return `there is no key ${key} here; it belongs ${where(place)}`;
  const own = nearestNames(key, keysOf(here));
  if (own.length > 0) return `there is no key ${key} (did you mean ${own.join(' or ')}?)`;
  const [elsewhere] = nearestNames(key, Object.keys(configSections).flatMap(keysOf));
  if (elsewhere === undefined) return `there is no key ${key}`;
  return `there is no key ${key} (did you mean ${elsewhere} ${where(placesOf(elsewhere, here)[0] ?? '')}?)`;
}

/** Where a key may stand, nearest first: sections within this one by the way that leads there, others by their whole path. */
function placesOf(key: string, here: string): string[] {
  const within = here === '' ? '' : `${here}.`;
  const sections = Object.keys(configSections).filter(section => keysOf(section).includes(key));
  const inner = sections.filter(section => section.startsWith(within) && section !== here);
  const outer = sections.filter(section => !inner.includes(section));
  return [...inner.map(section => section.slice(within.length)), ...outer];
}

function where(place: string): string {
  return place === '' ? 'at the top of the file' : `under ${place}`;
}

/** The path as sections are named: `environments.prod.policy.freeze.0` is of `environments.NAME.policy.freeze`. */
function sectionAt(path: readonly PropertyKey[]): string {
  const steps = path.filter(step => typeof step !== 'number').map(String);
  const named = Object.keys(configSections).find(section => isSection(section.split('.'), steps));
  return named ?? steps.join('.');
}

function isSection(section: readonly string[], steps: readonly string[]): boolean {
  return (
    section.length === steps.length && section.every((part, at) => part === 'NAME' || part === steps[at])
  );
}

function keysOf(section: string): string[] {
  return Object.keys(configSections[section] ?? {});
}
