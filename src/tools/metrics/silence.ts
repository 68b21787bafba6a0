import * as z from 'zod';
import { VigieError } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import { type Matcher, parseMatcher } from '../../metrics/matchers.ts';
import { withMark } from '../../metrics/silence-mark.ts';
import { defineChangeTool, type Planned, type ToolContext } from '../../toolkit/tool.ts';

/** Whoever needs longer mends the rule. */
const longestMinutes = 30 * 24 * 60;

/** Mutes alerts for a time, or ends a silence. Undo ends it, or begins it anew until its end. */
export const metricsSilence = defineChangeTool({
  name: 'metrics_silence',
  title: 'Silence alerts',
  description: 'Mute alerts that fit all matchers for a time, or end a silence. See metrics_alerts first.',
  input: z.strictObject({
    matchers: z.array(z.string().max(700)).min(1).max(20).optional().describe('As severity=~"warn.*".'),
    minutes: z.int().min(1).max(longestMinutes).default(120).describe('How long.'),
    comment: z.string().max(200).optional().describe('Why, for whoever reads it there.'),
    expire: z.string().max(100).optional().describe('Id of a silence to end instead.'),
  }),

  async plan({ matchers, minutes, comment, expire }, context): Promise<Planned> {
    if ((matchers === undefined) === (expire === undefined))
      throw wrong('matchers', 'name either matchers or the silence to expire');
    if (matchers === undefined) return endOf(expire ?? '', context);
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
          matchers: await Promise.all(matchers.map(readMatcher)),
          startsAt: now.toISOString(),
          endsAt: new Date(now.getTime() + minutes * 60_000).toISOString(),
          createdBy: `${actor.onBehalfOf} (vigie)`,
          comment: withMark(comment ?? '', mark),
        },
      },
    ];
  },
});

async function endOf(id: string, { systems }: ToolContext): Promise<Planned> {
  const alertmanager = await systems.alertmanager();
  const found = await alertmanager.silence(id);
  if (found === undefined)
    throw new VigieError('NOT_FOUND', `${alertmanager.shown} has no silence of that id.`, {
      hint: 'metrics_alerts names the silences that mute something.',
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
  if ('mistake' in matcher) throw wrong(`matchers.${index}`, matcher.mistake);
  return matcher;
}

function wrong(field: string, message: string): VigieError {
  return new VigieError('INVALID_INPUT', `${field}: ${message}`, {
    details: { issues: [{ field, message }] },
  });
}
