import type { Tool } from '../../toolkit/tool.ts';
import { backupsDrill } from './drill.ts';
import { backupsList } from './list.ts';
import { backupsPrune } from './prune.ts';
import { backupsRestore } from './restore.ts';
import { backupsRun } from './run.ts';
import { backupsSchedule } from './schedule.ts';

export const backupTools: readonly Tool[] = [
  backupsList,
  backupsRun,
  backupsDrill,
  backupsRestore,
  backupsPrune,
  backupsSchedule,
];
