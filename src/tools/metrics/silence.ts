import * as z from 'zod';
import { VigieError } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import { cleanLine } from '../../core/text.ts';
import { type Trusted, trusted } from '../../core/trusted-text.ts';
import { durationSeconds } from '../../metrics/durations.ts';
import { withMark } from '../../metrics/mark.ts';
import { fitEverything, type Matcher, parseMatcher } from '../../metrics/matchers.ts';
import { defineChangeTool, type Planned, type ToolContext } from '../../toolkit/tool.ts';

/** Whoever needs longer mends the rule. */
const longestSeconds = 30 * 24 * 3_600;
const matcherChars = 80;
// As every Alertmanager draws them.
const idForm = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** Mutes alerts for a time, or ends a silence. Undo ends it, or begins it anew until its end. */
export const metricsSilence = defineChangeTool({
  name: 'metrics_silence',
  title: 'Silence alerts',
  description: 'Mute alerts that fit all matchers for a time, or end a silence by its id.',
  input: z.strictObject({
    matchers: z.array(z.string().max(700)).min(1).max(20).optional().describe('As severity=~"warn.*".'),
    for: z.string().max(20).default('2h').describe('How long.'),
    comment: z.string().max(200).optional().describe('Why, for whoever reads it there.'),
    expire: z.string().max(100).optional().describe('Id of a silence to end instead.'),
  }),

  async plan({ matchers: written, for: length, comment, expire }, context): Promise<Planned> {
    if ((written === undefined) === (expire === undefined))
      throw wrong('matchers', 'name either matchers or the silence to expire', {
        hint: trusted`As: vigie metrics silence --matchers alertname=TargetDown --for 2h --comment "the disk is replaced"; or --expire ID.`,
      });
    if (written === undefined) return endOf(expire ?? '', context);
    const seconds = lengthOf(length);
    const matchers = await Promise.all(written.map(readMatcher));
    if ((comment ?? '').trim() === '' && (await fitEverything(matchers)))
      throw wrong('comment', 'these matchers mute every alert, which needs words on why', {
        hint: trusted`Narrow the matchers, as alertname=TargetDown, or add a comment.`,
      });
    const alertmanager = await context.systems.alertmanager();
    const mark = newId();
    const { now, actor } = context;
    return [
      {
        kind: 'metrics-silence',
        does: 'create',
        target: { kind: 'Silence', name: mark },
        at: alertmanager.shown,
        silence: {
          matchers,
          startsAt: now.toISOString(),
          endsAt: new Date(now.getTime() + seconds * 1_000).toISOString(),
          createdBy: `${actor.onBehalfOf} (vigie)`,
          comment: withMark(comment ?? '', mark),
        },
      },
    ];
  },
});

function lengthOf(text: string): number {
  const seconds = durationSeconds(text.trim());
  if (seconds !== undefined && seconds >= 60 && seconds <= longestSeconds && !/^[\d.]+$/.test(text.trim()))
    return seconds;
  throw wrong('for', 'it is no length of time between 1m and 30d', { hint: trusted`As 90m, 2h or 1d.` });
}

async function endOf(id: string, { systems }: ToolContext): Promise<Planned> {
  if (!idForm.test(id))
    throw wrong('expire', 'it is no id of a silence', {
      hint: trusted`vigie metrics alerts names the silences that mute something, by their ids.`,
    });
  const alertmanager = await systems.alertmanager();
  const found = await alertmanager.silence(id);
  if (found === undefined)
    throw new VigieError('NOT_FOUND', `${alertmanager.shown} has no silence of that id.`, {
      hint: 'vigie metrics alerts names the silences that mute something.',
    });
  if (found.state === 'expired') return [];
  const { matchers, startsAt, endsAt, createdBy, comment } = found;
  return [
    {
      kind: 'metrics-silence',
      does: 'expire',
      target: { kind: 'Silence', name: id },
      id,
      at: alertmanager.shown,
      silence: {
        matchers,
        startsAt: startsAt.toISOString(),
        endsAt: endsAt.toISOString(),
        createdBy,
        comment,
      },
    },
  ];
}

async function readMatcher(text: string, index: number): Promise<Matcher> {
  const matcher = await parseMatcher(text);
  if ('mistake' in matcher)
    throw wrong(`matchers.${index}`, `${JSON.stringify(cleanLine(text, matcherChars))} ${matcher.mistake}`);
  return matcher;
}

function wrong(field: string, message: string, { hint }: { hint?: Trusted } = {}): VigieError {
  return new VigieError('INVALID_INPUT', `${field}: ${message}`, {
    ...(hint === undefined ? {} : { hint }),
    details: { issues: [{ field, message }] },
  });
}
