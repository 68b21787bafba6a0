import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const password = 'restic-Test-Password-7';

/** A repository that a test asks by itself. */
export interface TestRepository {
  password: string;
  /** Runs restic to its end for what it prints; what it complains about is in the error that it throws. */
  run(...words: string[]): string;
}

/** `env`: of what the repository lies on. */
export function repositoryAt(
  repository: string,
  { home, env = {} }: { home: string; env?: Record<string, string> },
): TestRepository {
  return {
    password,
    run: (...words) =>
      execFileSync('restic', words, {
        env: {
          PATH: process.env['PATH'] ?? '',
          HOME: home,
          RESTIC_REPOSITORY: repository,
          RESTIC_PASSWORD: password,
          ...env,
        },
        stdio: 'pipe',
        encoding: 'utf8',
      }),
  };
}

/** Makes one in a folder below. */
export function makeRepository(dir: string, name: string): TestRepository {
  const repository = repositoryAt(join(dir, name), { home: dir });
  repository.run('init');
  return repository;
}
