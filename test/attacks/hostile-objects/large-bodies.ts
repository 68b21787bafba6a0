import { limits } from '../../../src/core/limits.ts';
import { defineAttack } from '../attack.ts';
import { type Answered, askAll, configMap, judgeAnswers, questions } from './questions.ts';

/** Under the most that Vigie reads of a list (64 MB), and over what it takes for one object. */
const bytes = 50_000_000;
/** Under the most that Vigie takes for one object, so that it has to hold it. */
const heldBytes = limits.objectBytes - 10_000;

export const largeBodies = defineAttack({
  name: 'bodies-of-50-mb',
  adversary: 'hostile objects',
  does: 'Answers every read with 50 MB: one huge value, a hundred thousand keys, a log and an error; then with the largest object it takes.',
  must: 'The answer is cut or refused, and the process stays under 550 MB.',
  async run(ground) {
    const cluster = await ground.cluster();
    const door = await ground.stdio();
    const value = Buffer.from(JSON.stringify(configMap({ data: { big: 'x'.repeat(bytes) } })));
    const keys = Buffer.from(
      JSON.stringify(
        configMap({
          data: Object.fromEntries(
            Array.from({ length: 100_000 }, (_, at) => [`key-${at}`, 'y'.repeat(bytes / 100_000 - 20)]),
          ),
        }),
      ),
    );
    const held = Buffer.from(JSON.stringify(configMap({ data: { big: 'x'.repeat(heldBytes) } })));
    const log = Buffer.from(`2026-11-21T10:00:00.000000000Z ${'z'.repeat(998)}\n`.repeat(bytes / 1_000));
    const answers: Answered[] = [];
    for (const { body, asked } of [
      { body: value, asked: ['k8s_get', 'k8s_list', 'k8s_logs', 'k8s_delete', 'k8s_apply'] },
      { body: keys, asked: ['k8s_get'] },
      { body: held, asked: ['k8s_get', 'k8s_delete', 'k8s_apply'] },
    ]) {
      cluster.meddle({
        before: ({ path, method }) => {
          if (/\/log\b/.test(path)) return { body: log };
          return method === 'GET' && /\/(configmaps|events)\b/.test(path) ? { body } : undefined;
        },
      });
      const first = asked.map(wanted => questions.find(([tool]) => tool === wanted));
      answers.push(
        ...(await askAll(
          door,
          first.filter(question => question !== undefined),
        )),
      );
    }
    cluster.meddle({
      before: ({ method }) => (method === 'PATCH' ? { status: 500, body: value } : undefined),
    });
    answers.push(...(await askAll(door, questions.slice(7))));
    return judgeAnswers(answers, {
      door,
      cluster,
      seconds: 20,
      // A diff holds both sides as bytes, text and tree; the list, which may have more, is the peak: 0.35 GB when it is alone.
      megabytes: 550,
    });
  },
});
