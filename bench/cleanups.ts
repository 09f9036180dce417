/** What a case has begun and must end, the last first, whatever happens to it. */
export class Cleanups {
  static readonly #unfinished = new Set<Cleanups>();
  readonly #steps: (() => Promise<unknown>)[] = [];

  constructor() {
    Cleanups.#unfinished.add(this);
  }

  add(step: () => Promise<unknown>): void {
    this.#steps.unshift(step);
  }

  /** A step that fails is said and keeps no other from being taken. */
  async run(say: (line: string) => void): Promise<void> {
    for (const step of this.#steps.splice(0)) {
      await step().catch((error: Error) => say(`clean-up: ${error.message}`));
    }
    Cleanups.#unfinished.delete(this);
  }

  /** For the end by a signal. */
  static async runAll(say: (line: string) => void): Promise<void> {
    for (const cleanups of [...Cleanups.#unfinished]) await cleanups.run(say);
  }
}
