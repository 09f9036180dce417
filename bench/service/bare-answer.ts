/** An answer of Sluice, word for word. */
export interface BareAnswer {
  /** Names and values in turn; those that Node adds by itself are left out. */
  readonly headers: readonly string[];
  readonly body: string;
  /** How long an idle connection is kept, as Sluice keeps it. */
  readonly keepAliveMs: number;
}
