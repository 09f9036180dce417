import type { CdmCluster } from './cdm-cluster.ts';

/** Between two writes, so that they do not compete with the run that is measured, in milliseconds. */
const writePauseMs = 10;

/**
 * Writes jobs while the server is being killed, and remembers what was acknowledged. A write whose answer never came
 * may or may not have happened; one whose answer came must be there for ever.
 */
export class AcknowledgedWrites {
  readonly #cluster: CdmCluster;
  readonly #present = new Set<string>();
  readonly #absent = new Set<string>();
  #next = 0;
  #acknowledged = 0;

  constructor(cluster: CdmCluster) {
    this.#cluster = cluster;
  }

  /** Writes until `end` is called; connection failures are the point and end nothing. */
  begin(): { end: () => Promise<void> } {
    let isEnded = false;
    const loop = async () => {
      while (!isEnded) {
        const name = `w_${this.#next++}`;
        await new Promise((resolve) => setTimeout(resolve, writePauseMs));
        try {
          await this.#cluster.createWrittenJob(name);
          this.#acknowledged++;
          this.#present.add(name);
          if (this.#next % 5 === 0) {
            this.#present.delete(name);
            await this.#cluster.deleteJob(name);
            this.#acknowledged++;
            this.#absent.add(name);
          }
        } catch {
          await new Promise((resolve) => setTimeout(resolve, 20)); // The server is dead for the moment.
        }
      }
    };
    const running = loop();
    return {
      end: async () => {
        isEnded = true;
        await running;
      },
    };
  }

  async check(): Promise<{ acknowledged: number; lost: number }> {
    const names = new Set(await this.#cluster.jobNames());
    let lost = 0;
    for (const name of this.#present) if (!names.has(name)) lost++;
    for (const name of this.#absent) if (names.has(name)) lost++;
    return { acknowledged: this.#acknowledged, lost };
  }
}
