import type { PrometheusReader } from '../../clients/prometheus/reader.ts';
import type { Rule } from '../../clients/prometheus/rules.ts';
import { VigieError } from '../../core/errors.ts';
import { isSameJson, type JsonObject, memberOf, objectsIn, plainText, textOf } from '../../core/json.ts';
import { cleanLine } from '../../core/text.ts';
import { durationSeconds } from '../../metrics/durations.ts';
import { rulesIn, squeezed } from '../../metrics/rule-text.ts';

/** Each is a query of its own; more are named as not asked. */
const mostAsked = 20;
const lineChars = 300;

/** How many series each new or changed alert would have now, a line each. @throws whatever an endpoint throws */
export async function wouldFire(
  prometheus: PrometheusReader,
  { old, now }: { old: readonly JsonObject[]; now: readonly JsonObject[] },
): Promise<string[]> {
  const before = rulesIn(old);
  const asked = rulesIn(now).filter(
    rule => typeof rule['alert'] === 'string' && !before.some(other => isSameJson(other, rule)),
  );
  const { time = new Date() } = await prometheus.server();
  const lines: string[] = [];
  for (const rule of asked.slice(0, mostAsked)) {
    const name = textOf(rule, 'alert');
    const found = await seriesOf(prometheus, {
      query: textOf(rule, 'expr'),
      atSeconds: time.getTime() / 1000,
    });
    const after = textOf(rule, 'for');
    const lasting = after === '' || found === '0' ? '' : `, once it has lasted ${after}`;
    lines.push(cleanLine(`${name}: ${found} series${lasting}`, lineChars));
  }
  const more = asked.length - mostAsked;
  return more > 0 ? [...lines, `and ${more} more alerts, not asked`] : lines;
}

async function seriesOf(
  prometheus: PrometheusReader,
  { query, atSeconds }: { query: string; atSeconds: number },
): Promise<string> {
  try {
    return String((await prometheus.number({ query: `count(${query}\n)`, atSeconds })) ?? 0);
  } catch (error) {
    if (error instanceof VigieError && error.code === 'INVALID_INPUT') return 'unknown (it is not taken)';
    throw error;
  }
}

/** What keeps a server from evaluating the rules of a file as they are written, a line each; empty: it does. */
export async function missingRules(
  prometheus: PrometheusReader,
  { file, groups }: { file: string; groups: readonly JsonObject[] },
): Promise<string[]> {
  const loaded = (await prometheus.rules()).filter(group => group.file.split('/').at(-1) === file);
  const gone = loaded.filter(({ name }) => !groups.some(group => textOf(group, 'name') === name));
  const missing = gone.map(({ name }) => `${prometheus.shown} still has the group ${name} of ${file}.`);
  for (const group of groups) {
    const name = textOf(group, 'name');
    const rules = objectsIn(group['rules']);
    const there = loaded.find(each => each.name === name)?.rules ?? [];
    for (const [index, rule] of rules.entries()) {
      const what = textOf(rule, 'alert') || textOf(rule, 'record');
      const found = there[index];
      if (found === undefined || !(await isOf(rule, { found, prometheus })))
        missing.push(
          `${what} is not loaded as it is written: has ${prometheus.shown} reloaded, and reads this folder?`,
        );
      else if (found.health !== 'ok')
        missing.push(
          found.lastError === ''
            ? `${what} was not evaluated yet.`
            : `${what} cannot be evaluated: ${cleanLine(found.lastError, lineChars)}`,
        );
    }
    if (there.length > rules.length)
      missing.push(`${prometheus.shown} still has ${there.length} rules in the group ${name}.`);
  }
  return missing;
}

async function isOf(
  rule: JsonObject,
  { found, prometheus }: { found: Rule; prometheus: PrometheusReader },
): Promise<boolean> {
  const name = textOf(rule, 'alert') || textOf(rule, 'record');
  if (found.name !== name || found.forSeconds !== (durationSeconds(textOf(rule, 'for')) ?? 0)) return false;
  if (!isSameJson(found.labels, textsOf(rule, 'labels'))) return false;
  if (!isSameJson(found.annotations, textsOf(rule, 'annotations'))) return false;
  const query = textOf(rule, 'expr');
  if (squeezed(query) === squeezed(found.query)) return true;
  // A server writes a query in its own way.
  const written = await prometheus.formatted(query);
  return written !== undefined && squeezed(written) === squeezed(found.query);
}

/** A file may write a number where a server has its text. */
function textsOf(rule: JsonObject, key: string): JsonObject {
  const written = Object.entries(memberOf(rule, key) ?? {});
  return Object.fromEntries(written.map(([name, value]) => [name, plainText(value)]));
}
