import { isObject, type Json } from '../../src/core/json.ts';
import { fc } from './properties.ts';

type Path = readonly (string | number)[];

/** Every place of a document that can be taken away or replaced. */
function pathsIn(value: Json | undefined, at: Path = []): Path[] {
  if (Array.isArray(value))
    return value.flatMap((item, index) => [[...at, index], ...pathsIn(item, [...at, index])]);
  if (!isObject(value)) return [];
  return Object.keys(value).flatMap(key => [[...at, key], ...pathsIn(value[key], [...at, key])]);
}

/** The document with one place replaced, or without it. */
function replaced(value: Json, path: Path, by: Json | undefined): Json {
  const [step, ...rest] = path;
  if (step === undefined) return by ?? null;
  const next = (member: Json | undefined) => (rest.length === 0 ? by : replaced(member ?? null, rest, by));
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => {
      const changed = index === step ? next(item) : item;
      return changed === undefined ? [] : [changed];
    });
  }
  if (!isObject(value)) return value;
  const changed = next(value[String(step)]);
  const { [String(step)]: _gone, ...others } = value;
  return changed === undefined ? others : { ...others, [String(step)]: changed };
}

const otherValues: (Json | undefined)[] = [
  undefined,
  null,
  '',
  'text',
  '1e9Gi',
  '2026-13-45T99:00:00Z',
  0,
  -1,
  1e300,
  true,
  false,
  [],
  [null],
  ['text'],
  [[]],
  [{}],
  {},
  { a: 1 },
  { name: null },
  { matchLabels: 'x' },
  { containers: {} },
];

/** The document with up to three places gone, or with a value there that its kind does not have. */
export function misshapenForm(original: Json): fc.Arbitrary<Json> {
  const mutation = fc.record({
    path: fc.constantFrom(...pathsIn(original)),
    by: fc.constantFrom(...otherValues),
  });
  return fc
    .array(mutation, { minLength: 1, maxLength: 3 })
    .map(mutations => mutations.reduce((form, { path, by }) => replaced(form, path, by), original));
}
