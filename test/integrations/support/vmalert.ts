import { type RealServer, startProgram } from './start-program.ts';

/** Starts a real vmalert on the rules of a folder, asking a VictoriaMetrics and telling nobody of alerts. */
export async function startVmalert({
  rulesFolder,
  victoria,
}: {
  rulesFolder: string;
  victoria: string;
}): Promise<RealServer> {
  return startProgram('vmalert', {
    ready: '/health',
    argv: ({ port }) => [
      `-httpListenAddr=127.0.0.1:${port}`,
      `-rule=${rulesFolder}/*.yml`,
      `-datasource.url=${victoria}`,
      `-remoteWrite.url=${victoria}`,
      '-notifier.blackhole',
      '-evaluationInterval=1s',
      '-external.label=cluster=west,region=eu',
      '-loggerLevel=FATAL',
    ],
  });
}
