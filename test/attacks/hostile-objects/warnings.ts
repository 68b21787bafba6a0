import { limits } from '../../../src/core/limits.ts';
import type { Instead } from '../../support/meddled-wire.ts';
import { defineAttack } from '../attack.ts';
import { injection, unclean } from '../hostile-text.ts';
import { ask, askAll, configMap, judgeAnswers, questions } from './questions.ts';

/** Header bytes that Node lets a server send: Latin-1, no line breaks. */
const deceiving = `\u009b31m red \u0085 \\u001b[2J ${injection}`;

export const warnings = defineAttack({
  name: 'warning-headers',
  adversary: 'hostile objects',
  does: 'Sends 100,000 Warning headers, then as many as fit, then huge ones, ones with escapes and ones that command.',
  must: 'Too many headers are a refused answer; of the rest twenty short clean lines are shown, and none is an order in a trusted field.',
  async run(ground) {
    const cluster = await ground.cluster();
    const door = await ground.stdio();
    const answering = (headers: string[]): void => {
      const instead: Instead = { headers: { warning: headers }, body: configMap({}) };
      cluster.meddle({ before: ({ path }) => (path.includes('/configmaps') ? instead : undefined) });
    };
    cluster.meddle({
      before: ({ path }) =>
        path.includes('/configmaps') ? { speak: response => flood(response.socket) } : undefined,
    });
    const flooded = await askAll(door, questions.slice(0, 2));
    const answers = [...flooded];
    const many = Array.from(
      { length: 400 },
      (_, index) => `299 - "warning ${index} ${deceiving.slice(0, 40)}"`,
    );
    for (const headers of [
      many,
      [`299 - "${'y'.repeat(50_000)}"`],
      [`299 - "${deceiving}"`, '299 - "a\\"b\\\\c"'],
    ]) {
      answering(headers);
      answers.push(...(await askAll(door, questions.slice(0, 2))));
    }
    answering(many);
    const shown = await ask(door, [
      'k8s_get',
      { target: { kind: 'ConfigMap', name: 'settings', namespace: 'shop' } },
    ]);
    const lines = shown.text.split('\n').filter(line => line.includes('warning '));
    return judgeAnswers(answers, {
      door,
      cluster,
      seconds: 10,
      megabytes: 250,
      more: {
        'the flood is a bad answer': flooded.every(({ code }) => code === 'BAD_RESPONSE'),
        'at most twenty are shown': lines.length > 0 && lines.length <= limits.warnings,
        'each is clean and short': lines.every(
          line => !unclean.test(line) && line.length < limits.warningChars + 100,
        ),
      },
    });
  },
});

/** Headers past what Node would let us send by itself. */
function flood(socket: { write(text: string): unknown; end(): unknown } | null): void {
  socket?.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n');
  for (let part = 0; part < 100; part += 1) {
    socket?.write(Array.from({ length: 1_000 }, (_, at) => `Warning: 299 - "w${part}-${at}"\r\n`).join(''));
  }
  socket?.write('\r\n{}');
  socket?.end();
}
