import { SluiceError } from '@sluice/core/errors/sluice-error';

/** Places for work that somebody waits for, of which no project has more than its share. Beyond it is refused, not queued. */
export class ProjectShares {
  readonly #max: number;
  readonly #perProjectMax: number;
  readonly #underWay = new Map<string, number>();
  #total = 0;

  constructor(max: number, perProjectMax: number) {
    this.#max = max;
    this.#perProjectMax = perProjectMax;
  }

  /** @throws APIGW.0308 (429) when the project, or all together, have as many under way as they may; what the work throws. */
  async run<T>(projectId: string, work: () => Promise<T>): Promise<T> {
    const count = this.#underWay.get(projectId) ?? 0;
    if (count >= this.#perProjectMax) throw tooMany(this.#perProjectMax);
    if (this.#total >= this.#max) throw tooMany(this.#max);
    this.#underWay.set(projectId, count + 1);
    this.#total += 1;
    try {
      return await work();
    } finally {
      this.#total -= 1;
      const left = (this.#underWay.get(projectId) ?? 1) - 1;
      if (left === 0) this.#underWay.delete(projectId);
      else this.#underWay.set(projectId, left);
    }
  }
}

function tooMany(limit: number): SluiceError {
  return new SluiceError('APIGW.0308', { limit, seconds: 1 });
}
