import { inParallel } from '../../../src/core/in-parallel.ts';
import { defineAttack, judge } from '../attack.ts';
import { secretsByType } from './planted.ts';
import { lastLogLine, startPlanted } from './planted-world.ts';
import { Catch, told } from './traces.ts';

const formats = ['json', 'table', 'yaml', 'wide'];
const objects = [
  ...['a-password', 'a-registry', 'a-cloud-account', 'applied'].map(name => `secret/${name}`),
  'configmap/texts',
  'deploy/web',
  'database/db',
];
const kinds = ['secrets', 'configmaps', 'deployments', 'pods', 'events', 'databases'];

/** Processes at once: the runner has another attack beside this one. */
const atOnce = 3;

export const secretsOnTheCommandLine = defineAttack({
  name: 'secrets-on-the-command-line',
  adversary: 'secret hunt',
  does: `Runs every reading command in every output format over the same cluster, with the log at its most talkative: ${Object.keys(secretsByType).length} types of Secrets and what repeats no Secret.`,
  must: 'Not twelve characters of any planted secret reach stdout or stderr, or a file of the home.',
  async run(ground) {
    await startPlanted(ground);
    ground.home.env['VIGIE_LOG'] = 'debug';
    const inShop = ['-n', 'shop'];
    const commands = [
      // Each object and kind in two of the formats, so that each format meets most of them.
      ...objects.flatMap((object, index) =>
        twoOf(formats, index).map(format => ['k8s', 'get', object, ...inShop, '-o', format]),
      ),
      ...kinds.flatMap((kind, index) =>
        twoOf(formats, index).map(format => ['k8s', 'list', kind, ...inShop, '-o', format]),
      ),
      ...['spec.template.spec.containers[0].env', 'spec.template.spec.containers[0].args', 'metadata'].map(
        field => ['k8s', 'get', 'deploy/web', ...inShop, '--field', field],
      ),
      ...['data.netrc', 'data.dbPassword', 'data.key', 'data'].map(field => [
        'k8s',
        'get',
        'configmap/texts',
        ...inShop,
        '--field',
        field,
      ]),
      ['k8s', 'logs', 'deploy/web', ...inShop],
      ['k8s', 'logs', 'deploy/web', ...inShop, '--grep', 'assword', '-o', 'json'],
      ['k8s', 'events', 'deploy/web', ...inShop],
      ['k8s', 'events', ...inShop, '-o', 'json'],
      ['environments', 'list', '-o', 'json'],
      ['doctor'],
    ];
    const left = new Catch();
    await inParallel(commands, {
      atOnce,
      task: async words => {
        const { stdout, stderr } = await ground.run(...words);
        left.add(words.join(' '), `${stdout}\n${stderr}`);
      },
    });
    const found = left.found();
    return judge(`${left.size} commands, ${left.bytes} bytes: ${told(found)}`, {
      'the planted objects were shown': left.holds('DB_PASSWORD') && left.holds('redacted #'),
      'logs and events were shown': left.holds(lastLogLine) && left.holds('login failed'),
      'nothing was found': found.length === 0,
    });
  },
});

function twoOf(all: readonly string[], from: number): string[] {
  return [0, 1].map(step => all[(from + step) % all.length] ?? '');
}
