import type { JsonObject } from '../../core/json.ts';
import type { PluginView } from '../../desk/desk.ts';
import { addConfigOption } from '../add-config-option.ts';
import { addOutputOption } from '../add-output-option.ts';
import { writeData } from '../render/answer.ts';
import { TableWriter } from '../render/table.ts';
import type { CommonOptions, Session } from '../session.ts';
import { signAct } from '../sign-statement.ts';
import type { DefineCommand } from './entry.ts';

export const define: DefineCommand = (command, session) => {
  const list = command
    .command('list', { isDefault: true })
    .description('Show which command each environment logs in with, and whether it is trusted.');
  addConfigOption(addOutputOption(list)).action((options: CommonOptions & { output: string }) =>
    session.withDesk(options, async desk => {
      await showPlugins(session, { plugins: await desk.credentialPlugins(), output: options.output });
    }),
  );

  const trust = command
    .command('trust')
    .argument('<environment>', 'Environment whose credential plugin to trust.')
    .description(
      "Sign the command that an environment's kubeconfig logs in with; no other runs from then on.",
    )
    .option('--as <person>', 'Approver; default: the OS user, or the only approver.');
  addConfigOption(trust).action((environment: string, options: CommonOptions & { as?: string }) =>
    session.withApproverDesk(options, desk =>
      signAct(session, desk, {
        wanted: { act: 'env-trust', environment },
        purpose: `trust this for ${environment}`,
        why: '',
        ...(options.as === undefined ? {} : { as: options.as }),
      }),
    ),
  );
};

async function showPlugins(
  session: Session,
  { plugins, output }: { plugins: readonly PluginView[]; output: string },
): Promise<void> {
  const { terminal } = session;
  if (output === 'json' || output === 'yaml') {
    await terminal.write(await writeData({ environments: plugins.map(each => ({ ...each })) }, output));
    return;
  }
  await terminal.write(new TableWriter().page(plugins.map(rowOf)));
  for (const { environment, state, why = '' } of plugins) {
    if (state === 'unknown') terminal.note(`${environment}: ${why}`);
    else if (state === 'untrusted')
      terminal.note(`${environment}: no change is made before: vigie env trust ${environment}`);
    else if (state !== 'none' && state !== 'trusted')
      terminal.note(`${environment}: its plugin ${why}; if it is yours: vigie env trust ${environment}`);
  }
}

function rowOf({ environment, state, command = '', path = '', by = '', at = '' }: PluginView): JsonObject {
  return { environment, plugin: command, file: path, state, by, at };
}
