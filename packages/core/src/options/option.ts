import type { Json } from '../data/json.ts';
import type { Text } from '../data/text.ts';

/** Values of one option group by full wire name (`linkConfig.host`). All text, except maps and lists. */
export type OptionValues = Readonly<Record<string, Json>>;

/**
 * One option of a link, a job's end or a job. The only source of validation, console form, reference page and secret masking.
 */
export interface Option {
  /** Wire name with its group prefix: `linkConfig.host`. */
  readonly name: string;
  readonly type: 'string' | 'integer' | 'boolean' | 'enum' | 'password' | 'map' | 'list' | 'file';
  readonly title: Text;
  /** The manual's sentence on it. */
  readonly help: Text;
  readonly required?: boolean;
  readonly default?: string;
  readonly values?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  readonly example?: string;
  /** Says where a link leads. When it changes, stored secrets are void: they were given for another place. */
  readonly isAddress?: boolean;
  /** How Sluice treats it: `honoured` acts on it; `ignored` accepts and keeps it, for it has no meaning here; `refused` would change the result and is not built. */
  readonly support: 'honoured' | 'ignored' | 'refused';
}

export interface OptionGroup {
  /** Group name on the wire: `linkConfig`, `fromJobConfig`, `throttlingConfig`. */
  readonly name: string;
  readonly options: readonly Option[];
  /** Checks that one option's row cannot say. Gets validated values; throws SluiceError. */
  readonly check?: (values: OptionValues) => void;
}
