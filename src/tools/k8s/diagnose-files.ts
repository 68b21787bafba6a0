import { defineReadTool } from '../../toolkit/tool.ts';
import { diagnosisAnswer } from './diagnose/answer.ts';
import { diagnoseFilesInput } from './diagnose/input.ts';

/** The same as k8s_diagnose of dumped objects; no cluster is asked. Only the command line offers it, as `diagnose --from`. */
export const k8sDiagnoseFiles = defineReadTool({
  name: 'k8s_diagnose_files',
  title: 'Find what was wrong',
  description: 'Find what was wrong when objects were dumped into files, and why.',
  input: diagnoseFilesInput,
  output: diagnosisAnswer,
  environmental: false,
  load: () => import('./diagnose/read-files.ts'),
});
