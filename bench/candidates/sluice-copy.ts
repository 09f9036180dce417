import { readFile } from 'node:fs/promises';
import { SluiceProcess } from '../../tools/sluice-process/sluice-process.ts';
import { ProcessTable, peakRssMb } from '../measure/process-table.ts';
import type { Endpoint } from '../stage.ts';
import type { Candidate, CopyCost, CopyOrder } from './candidate.ts';
import { SluiceCluster } from './sluice-cluster.ts';

/** How often a client asks for the state of a run that lasts seconds, in milliseconds. */
const POLL_MS = 50;
/** How often workers' memory is looked at; the kernel keeps the peak of a living process itself. */
const SAMPLE_PAUSE_MS = 500;

const MANIFEST = new URL('../../package.json', import.meta.url);

/** A Sluice server with one cluster and the links of a case, on its default settings. */
export class BenchSluice {
  readonly process: SluiceProcess;
  readonly cluster: SluiceCluster;
  readonly version: string;
  readonly #links = new Map<string, string>();

  private constructor(process: SluiceProcess, cluster: SluiceCluster, version: string) {
    this.process = process;
    this.cluster = cluster;
    this.version = version;
  }

  /** @param dataFolder of the server; made when missing */
  static async start(dataFolder: string): Promise<BenchSluice> {
    const { version } = JSON.parse(await readFile(MANIFEST, 'utf8'));
    const process = await SluiceProcess.start({ dataFolder });
    try {
      return new BenchSluice(process, await SluiceCluster.create(process), version);
    } catch (error) {
      await process.stop();
      throw error;
    }
  }

  /** The name of the link to the endpoint's database, made on first use. */
  async linkTo(endpoint: Endpoint): Promise<string> {
    const name = `${endpoint.kind}_${endpoint.database}`;
    if (!this.#links.has(name)) {
      await this.cluster.createLink(name, endpoint);
      this.#links.set(name, name);
    }
    return name;
  }

  /** Makes a job; it can be run as often as wanted. */
  async createJob(name: string, source: Endpoint, target: Endpoint, extractors: number): Promise<void> {
    await this.cluster.createJob(
      name,
      { link: await this.linkTo(source), endpoint: source },
      { link: await this.linkTo(target), endpoint: target },
      extractors,
    );
  }

  async stop(): Promise<void> {
    await this.process.stop();
  }
}

/** Sluice as a candidate: a job of the API with `slices` extractors. */
export class SluiceCopy implements Candidate {
  readonly role = 'sluice';
  readonly makesTarget = false;
  readonly name: string;
  readonly how: string;
  readonly #sluice: BenchSluice;
  readonly #slices: number;
  #job: string | null = null;

  constructor(sluice: BenchSluice, slices: number) {
    this.#sluice = sluice;
    this.#slices = slices;
    this.name = `sluice-${slices}`;
    this.how = `a job started through the API, numExtractors ${slices}, tablePreparation DO_NOTHING`;
  }

  get version(): string {
    return this.#sluice.version;
  }

  /** The name of the job that such a copy is. */
  jobName({ source, target }: Pick<CopyOrder, 'source' | 'target'>): string {
    return `${source.kind}_${target.kind}_${source.table}_${this.#slices}`;
  }

  async copy({ source, target, rows, limitMs }: CopyOrder): Promise<CopyCost> {
    if (this.#job === null) {
      const job = this.jobName({ source, target });
      await this.#sluice.createJob(job, source, target, this.#slices);
      this.#job = job;
    }
    const server = this.#sluice.process.pid;
    const before = ProcessTable.read();
    const peaks = new Map<number, number>();
    const sample = () => {
      for (const { pid } of ProcessTable.read().descendants(server)) {
        peaks.set(pid, Math.max(peakRssMb(pid), peaks.get(pid) ?? 0));
      }
    };
    const sampling = setInterval(sample, SAMPLE_PAUSE_MS);
    try {
      const { seconds, rowsWritten } = await this.#sluice.cluster.runJob(this.#job, POLL_MS, limitMs);
      sample();
      if (rowsWritten !== rows)
        throw new Error(`the run says ${rowsWritten} rows written instead of ${rows}`);
      const after = ProcessTable.read();
      const workerCpuSeconds = after.descendantSeconds(server) - before.descendantSeconds(server);
      const serverCpuSeconds = after.ownSeconds(server) - before.ownSeconds(server);
      return {
        seconds,
        cpuSeconds: workerCpuSeconds + serverCpuSeconds,
        workerCpuSeconds,
        peakRssMb: Math.max(0, ...peaks.values()),
      };
    } finally {
      clearInterval(sampling);
    }
  }
}
