import { SluiceProcess } from '../sluice-process/sluice-process.ts';

/** Watches the memory of a server and of its workers, which end before anybody could ask at the end. */
export class PeakMemory {
  readonly #server: SluiceProcess;
  readonly #peaksMb = new Map<number, number>();

  constructor(server: SluiceProcess) {
    this.#server = server;
  }

  /** To be called now and then: a process that lived only between two calls is not seen. */
  async sample(): Promise<void> {
    for (const pid of [this.#server.pid, ...(await this.#server.workerPids())]) {
      // The kernel keeps the peak itself; it reads 0 once the process is gone.
      const peakMb = await SluiceProcess.peakRssMb(pid);
      this.#peaksMb.set(pid, Math.max(peakMb, this.#peaksMb.get(pid) ?? 0));
    }
  }

  get serverMb(): number {
    return Math.round(this.#peaksMb.get(this.#server.pid) ?? 0);
  }

  /** Of all workers together, as if all had their peak at once. */
  get workersMb(): number {
    let sum = 0;
    for (const [pid, peakMb] of this.#peaksMb) if (pid !== this.#server.pid) sum += peakMb;
    return Math.round(sum);
  }
}
