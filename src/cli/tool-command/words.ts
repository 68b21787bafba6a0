/**
 * What a schema cannot say: which fields people expect as words before the flags (a field that names an object is
 * one by itself), the kind that a lone name means, `assigns` where words are KEY=value, which may hold commas, the field
 * that all words after the others are, and what a wrong command line of it mostly comes from. `verdict`: its answer is a
 * diagnosis, which may be asked to fail, and `from` the tool that gives it of files. `audit`: its answer is one, for which
 * there are reports; `files`: all words are manifests. `chart`: its rows can be drawn. `told`: what the help says of a flag where the schema's few words are
 * for a model. `folded`: its answer is an account of many rows, which no table of pages takes the place of.
 */
export const ownWords: Readonly<
  Record<
    string,
    {
      before?: readonly string[];
      loneName?: string;
      assigns?: true;
      rest?: string;
      wrong?: string;
      verdict?: { from: string };
      audit?: true;
      files?: true;
      chart?: true;
      folded?: true;
      told?: Readonly<Record<string, string>>;
    }
  >
> = {
  k8s_list: { before: ['kind'] },
  k8s_logs: { loneName: 'Pod' },
  k8s_rollout: { before: ['action'] },
  k8s_node: { before: ['action', 'node'] },
  k8s_cp: { before: ['from', 'to'] },
  k8s_port_forward: { before: ['pod'], rest: 'ports' },
  k8s_exec: {
    before: ['pod'],
    rest: 'command',
    wrong: 'The command stands after --, as in `vigie k8s exec POD -- ls -la`; there are no terminals (-it).',
  },
  k8s_run_job: { before: ['cronJob'] },
  k8s_diagnose: {
    verdict: { from: 'k8s_diagnose_files' },
    told: {
      watch: 'Stay, and say what appears (+) and clears (-), until Ctrl-C. With -o json a line an object.',
      notes: 'Tell milder remarks too, which are only counted.',
      skip: 'Findings that earlier pages showed.',
    },
  },
  k8s_audit: { audit: true },
  manifests_lint: { audit: true, files: true },
  k8s_top: { before: ['kind'] },
  k8s_explain: { before: ['path'] },
  k8s_access: { before: ['verb', 'resource'] },
  k8s_set: { assigns: true },
  logs_query: { folded: true },
  metrics_query: { before: ['query'], chart: true },
  metrics_find: { before: ['words'] },
  metrics_alerts: { before: ['name'] },
  metrics_slo: { before: ['name'] },
  metrics_silence: { told: { waitSeconds: 'Seconds to wait until it mutes.' } },
  data_status: { before: ['name'] },
  backups_list: { before: ['set'] },
  backups_run: { before: ['set'] },
  backups_drill: { before: ['set'] },
  backups_restore: { before: ['set', 'into'] },
  backups_prune: { before: ['set'] },
  backups_schedule: { before: ['set'] },
  changes_get: { before: ['id'] },
  changes_undo: { before: ['id'] },
};
