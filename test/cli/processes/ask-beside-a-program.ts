// At a terminal: asks for a hidden word while a program runs that ends once FILE is there. `ask-beside-a-program FILE`.
import { spawn } from 'node:child_process';
import { Terminal } from '../../../src/cli/terminal.ts';
import { Tty } from '../../../src/cli/tty.ts';

const { stdin, stdout, stderr, env } = process;
const terminal = new Terminal({ stdin, stdout, stderr, env });
const child = spawn('sh', ['-c', 'until [ -e "$0" ]; do sleep 0.05; done', process.argv[2] ?? ''], {
  stdio: 'ignore',
});
child.once('exit', () => terminal.note('the program has ended'));
terminal.note('a program runs');
const tty = Tty.open(terminal);
await tty.askHidden('Passphrase: ');
tty.close();
