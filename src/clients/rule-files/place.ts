import { VigieError } from '../../core/errors.ts';
import { systemCode } from '../../core/system-error.ts';

/** Ten thousand rules; Prometheus would take a minute to evaluate them. */
export const ruleFileBytes = 1024 * 1024;

const fileName = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,100}\.(?:yml|yaml|rules)$/;

/** Whether a name is one of a rule file: it begins with no dot and leads nowhere else. */
export function isRuleFileName(name: string): boolean {
  return fileName.test(name);
}

/** An error of the file system in words. What is none of it is handed back as it is. */
export function ruleFileError(error: unknown, { path }: { path: string }): unknown {
  const code = systemCode(error);
  if (error instanceof VigieError || code === undefined) return error;
  const why = new Map([
    ['ENOSPC', 'the disk is full'],
    ['EDQUOT', 'its quota is used up'],
    ['EACCES', 'the rights are missing'],
    ['EPERM', 'the rights are missing'],
    ['EROFS', 'it is mounted read-only'],
    ['ENOENT', 'the folder does not exist'],
    ['ENOTDIR', 'it lies in no folder'],
    ['ELOOP', 'a link stands there, which may lead elsewhere'],
    ['EISDIR', 'a folder stands there'],
  ]).get(code);
  return new VigieError('RULE_FILE', `The rule file ${path} could not be used: ${why ?? code}.`, {
    hint: 'Look at that folder, or name another under metrics.rules of the environment in vigie.yaml.',
    details: { path, code },
    cause: error,
  });
}
