import type { ClusterIdentity } from '../../core/cluster.ts';
import { VigieError } from '../../core/errors.ts';
import type { Endpoint } from '../../http/endpoint.ts';
import type { Bounds } from './bounds.ts';
import { Channel, type Seen } from './channel.ts';
import { Discovery } from './discovery.ts';
import { DryRunSupport } from './dry-run-support.ts';
import type { KubeExecutor } from './executor.ts';
import { type Gate, readGate } from './gates.ts';
import { identify } from './identity.ts';
import type { Line } from './line.ts';
import type { PluginIdentity } from './plugin-identity.ts';
import type { KubePreviewer } from './previewer.ts';
import { KubeReader } from './reader.ts';
import { Schemas } from './schemas.ts';
import { ServiceEndpoint, type ServicePlace, serviceGate } from './service-proxy.ts';
import type { KubeTarget } from './target.ts';
import type { KubeWriter } from './writer.ts';

export type { Bounds, KubeTarget, ServicePlace };

/** One environment's line to its cluster, shared by all calls. Nothing is read, imported or opened before the first request. */
export class KubeConnection {
  readonly #target: KubeTarget;
  readonly #bounds: Bounds;
  readonly #readOnly: boolean;
  readonly #userAgent: string;
  readonly #seen: Seen;
  readonly #services: readonly ServicePlace[];
  readonly #shared = {
    discovery: new Discovery(),
    dryRunSupport: new DryRunSupport(),
    schemas: new Schemas(),
  };
  #line: Promise<Line> | undefined;
  /** What the newest #line has become. */
  #opened: Line | undefined;

  constructor(input: {
    target: KubeTarget;
    bounds: Bounds;
    readOnly: boolean;
    userAgent: string;
    /** Told every body that goes out or comes in; absent: nobody is. */
    seen?: Seen;
    /** Services that may be asked through the API server; absent: none. */
    services?: readonly ServicePlace[];
  }) {
    this.#target = input.target;
    this.#bounds = input.bounds;
    this.#readOnly = input.readOnly;
    this.#userAgent = input.userAgent;
    this.#seen = input.seen ?? (() => {});
    this.#services = input.services ?? [];
  }

  /** One call's view; its signal reaches every request. */
  session(signal: AbortSignal): KubeSession {
    const channel = new Channel({
      line: () => this.#open(),
      refused: line => this.#forget(line),
      bounds: this.#bounds,
      userAgent: this.#userAgent,
      signal,
      seen: this.#seen,
    });
    return new KubeSession({ channel, readOnly: this.#readOnly, ...this.#shared });
  }

  /** The command that the kubeconfig names to log in with, as it would run next; undefined without one. @throws VigieError CREDENTIAL_PLUGIN */
  async plugin(): Promise<PluginIdentity | undefined> {
    const { plugin } = await this.#open();
    if (plugin === undefined) return undefined;
    const { identityOf } = await import('./plugin-identity.ts');
    return identityOf(plugin);
  }

  /** Ends its idle connections; requests under way fail. */
  close(): void {
    const line = this.#line;
    this.#line = undefined;
    line?.then(({ transport }) => transport.close()).catch(() => {});
  }

  #open(): Promise<Line> {
    this.#line ??= this.#start();
    return this.#line;
  }

  /** A person may log in again while we run: the kubeconfig is then read anew. Who is reached is checked elsewhere. */
  #forget(line: Line): void {
    if (this.#opened === line) this.#line = undefined;
  }

  async #start(): Promise<Line> {
    try {
      const { openLine } = await import('./line.ts');
      this.#opened = await openLine(this.#target, this.#readOnly ? readLock(this.#services) : undefined);
      return this.#opened;
    } catch (error) {
      // A kubeconfig that was mended meanwhile is read again with the next request.
      this.#line = undefined;
      throw error;
    }
  }
}

/** What leaves in read-only mode: reads of the cluster, and questions to the Services that vigie.yaml names. */
function readLock(services: readonly ServicePlace[]): Gate {
  const toServices = serviceGate(services, ['GET']);
  return request => (/\/services\/[^/]+\/proxy\//.test(request.pathname) ? toServices : readGate)(request);
}

/** One call's view of the cluster. It collects what the server warns of. */
export class KubeSession {
  readonly reader: KubeReader;
  readonly #channel: Channel;
  readonly #discovery: Discovery;
  readonly #dryRunSupport: DryRunSupport;
  readonly #readOnly: boolean;

  constructor(input: {
    channel: Channel;
    discovery: Discovery;
    dryRunSupport: DryRunSupport;
    schemas: Schemas;
    readOnly: boolean;
  }) {
    this.#channel = input.channel;
    this.#discovery = input.discovery;
    this.#dryRunSupport = input.dryRunSupport;
    this.#readOnly = input.readOnly;
    this.reader = new KubeReader(this.#channel, { discovery: this.#discovery, schemas: input.schemas });
  }

  /** @throws VigieError READ_ONLY */
  async previewer(): Promise<KubePreviewer> {
    this.#refuseWhenReadOnly();
    const { KubePreviewer } = await import('./previewer.ts');
    return new KubePreviewer(this.#channel, { discovery: this.#discovery, support: this.#dryRunSupport });
  }

  /** @throws VigieError READ_ONLY */
  async writer(): Promise<KubeWriter> {
    this.#refuseWhenReadOnly();
    const { KubeWriter } = await import('./writer.ts');
    return new KubeWriter(this.#channel, this.#discovery);
  }

  /** @throws VigieError READ_ONLY */
  async executor(): Promise<KubeExecutor> {
    this.#refuseWhenReadOnly();
    const { KubeExecutor } = await import('./executor.ts');
    return new KubeExecutor(this.#channel);
  }

  /** A Service of the cluster, to be asked. */
  service(place: ServicePlace): Endpoint {
    return new ServiceEndpoint(this.#channel, { place, changing: false });
  }

  /** The same, for whoever changes something there. @throws VigieError READ_ONLY */
  changingService(place: ServicePlace): Endpoint {
    this.#refuseWhenReadOnly();
    return new ServiceEndpoint(this.#channel, { place, changing: true });
  }

  /** Which cluster answers now; compare with sameCluster. */
  identity(): Promise<ClusterIdentity> {
    return identify(this.#channel, this.reader);
  }

  /** What the server warned of during this call, each once. */
  warnings(): string[] {
    return this.#channel.warnings();
  }

  /** The server's clock as of its last answer; undefined before the first. */
  serverTime(): Date | undefined {
    return this.#channel.serverTime();
  }

  #refuseWhenReadOnly(): void {
    if (!this.#readOnly) return;
    throw new VigieError(
      'READ_ONLY',
      'This Vigie runs read-only: it sends nothing that could change the cluster',
      {
        hint: 'Start it without --read-only to propose changes.',
      },
    );
  }
}
