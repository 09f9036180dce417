/** What the demo knows of a run while it lasts. */
export interface CopyProgress {
  /** Percent, 0 to 100. */
  readonly percent: number;
  readonly rowsTotal: number;
  readonly elapsedMs: number;
}

export interface ProgressWords {
  readonly copying: string;
  readonly rows: string;
  readonly rowsPerSecond: string;
}

const BAR_WIDTH = 24;
/** Without a terminal a line is printed only after so much more of the run. */
const PLAIN_STEP_PERCENT = 20;

/** `Copying [######------------------]  25 %   300,000 rows   412,000 rows/s` */
export function progressLine({ percent, rowsTotal, elapsedMs }: CopyProgress, words: ProgressWords): string {
  const share = Math.min(100, Math.max(0, percent)) / 100;
  const filled = Math.round(share * BAR_WIDTH);
  const rows = Math.round(share * rowsTotal);
  const rate = elapsedMs > 0 ? Math.round(rows / (elapsedMs / 1_000) / 1_000) * 1_000 : 0;
  const bar = '#'.repeat(filled) + '-'.repeat(BAR_WIDTH - filled);
  const figures = [`${Math.round(share * 100)} %`.padStart(5), `${grouped(rows)} ${words.rows}`];
  if (rate > 0) figures.push(`${grouped(rate)} ${words.rowsPerSecond}`);
  return `${words.copying} [${bar}] ${figures.join('   ')}`;
}

/** Shows the line in place on a terminal; elsewhere prints a new one now and then. */
export class ProgressDisplay {
  readonly #stream: { readonly isTTY?: boolean; write(text: string): unknown };
  readonly #words: ProgressWords;
  #shownPercent = Number.NEGATIVE_INFINITY;

  constructor(stream: { readonly isTTY?: boolean; write(text: string): unknown }, words: ProgressWords) {
    this.#stream = stream;
    this.#words = words;
  }

  show(progress: CopyProgress): void {
    const line = progressLine(progress, this.#words);
    if (this.#stream.isTTY) this.#stream.write(`\r\x1b[2K${line}`);
    else if (
      progress.percent >= 100
        ? this.#shownPercent < 100
        : progress.percent - this.#shownPercent >= PLAIN_STEP_PERCENT
    ) {
      this.#stream.write(`${line}\n`);
      this.#shownPercent = progress.percent;
    }
  }

  /** Leaves the line as it stands. */
  end(): void {
    if (this.#stream.isTTY) this.#stream.write('\n');
  }
}

/** `1234567` as `1,234,567` */
export function grouped(count: number): string {
  return count.toLocaleString('en-US');
}
