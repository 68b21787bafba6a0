import { VigieError } from '../../../core/errors.ts';
import type { ToolContext } from '../../../toolkit/tool.ts';
import { openSource } from '../open-source.ts';
import type { AskedLines } from '../source.ts';
import { timeSpan } from '../time-span.ts';
import type { Answer, Asked } from './facts.ts';
import { metricAnswer } from './metric-answer.ts';
import { rawAnswer } from './raw-answer.ts';
import { templatesAnswer } from './templates-answer.ts';

export const reading = {
  async read(asked: Asked, context: ToolContext): Promise<Answer> {
    refuseMixed(asked);
    const opened = await openSource(linesAsked(asked), context);
    // What time it is there is known best when somebody there has answered.
    const span = timeSpan({ from: asked.from, to: asked.to }, context.clusterTime().getTime());
    if (opened.kind === 'metric') return metricAnswer(opened, { asked, span, context });
    const found = { asked, source: opened.source, span, context };
    return asked.raw || asked.cursor !== undefined ? rawAnswer(found) : templatesAnswer(found);
  },
};

function linesAsked({ query, namespace, target, contains }: Asked): AskedLines {
  return { query, namespace, target, contains };
}

function refuseMixed({ query, target, namespace, contains }: Asked): void {
  if (query === undefined) return;
  const mixed = Object.entries({ namespace, target, contains }).find(([, value]) => value !== undefined);
  if (mixed !== undefined) throw refused(mixed[0], 'not together with query, which says it all');
}

function refused(field: string, message: string): VigieError {
  return new VigieError('INVALID_INPUT', `${field}: ${message}`, {
    details: { issues: [{ field, message }] },
  });
}
