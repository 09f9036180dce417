/**
 * What members of an answer must be, as values that are put together like the answer itself. An absent member and null are
 * the same to every SDK, so they are the same here.
 */
export type Rule = {
  /** What is wrong with a value, with its place in front. */
  faults(value: unknown, at: string): readonly string[];
  /** Rules of the members; null: nothing is said about what is inside. */
  readonly members: ReadonlyMap<string, Rule> | null;
  /** The rule of each item of a list; null: this is no list. */
  readonly item: Rule | null;
};

const DAY_MS = 86_400_000;
const INT32_MAX = 2_147_483_647;

function leaf(wanted: string, test: (value: unknown) => boolean): Rule {
  return {
    faults: (value, at) => (test(value) ? [] : [`${at} is ${shown(value)} instead of ${wanted}`]),
    members: null,
    item: null,
  };
}

const shown = (value: unknown): string => JSON.stringify(value)?.slice(0, 80) ?? 'absent';
const isNone = (value: unknown): boolean => value === undefined || value === null;
const isWhole = (value: unknown, least: number, most: number): boolean =>
  Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most;

export const text = leaf('text', (value) => typeof value === 'string' && value !== '');
export const anyText = leaf('text, perhaps empty', (value) => typeof value === 'string');
export const flag = leaf('true or false', (value) => typeof value === 'boolean');
export const int32 = leaf('a number of 32 bits', (value) => isWhole(value, -1, INT32_MAX));
export const int64 = leaf('a whole number', (value) => isWhole(value, -1, Number.MAX_SAFE_INTEGER));
/** Unix milliseconds of these days. */
export const date = leaf(
  'milliseconds of these days',
  (value) => Number.isSafeInteger(value) && Math.abs(Number(value) - Date.now()) < DAY_MS,
);
/** `2018-09-05T08:38:25`, without a zone. */
export const stamp = leaf(
  'a time like 2018-09-05T08:38:25',
  (value) => typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(value),
);
export const none = leaf('null or absent', isNone);
/** Neither looked at, nor what is inside. */
export const free: Rule = leaf('anything', () => true);

export const is = (wanted: unknown): Rule =>
  leaf(shown(wanted), (value) => JSON.stringify(value) === JSON.stringify(wanted));

export const oneOf = (...wanted: readonly unknown[]): Rule =>
  leaf(`one of ${wanted.map(shown).join(', ')}`, (value) => wanted.includes(value));

export const matching = (pattern: RegExp): Rule =>
  leaf(`text like ${pattern}`, (value) => typeof value === 'string' && pattern.test(value));

export const within = (least: number, most: number): Rule =>
  leaf(
    `a number from ${least} to ${most}`,
    (value) => typeof value === 'number' && value >= least && value <= most,
  );

export const maybe = (rule: Rule): Rule => ({
  ...rule,
  faults: (value, at) => (isNone(value) ? [] : rule.faults(value, at)),
});

/** Every member of `rules`, and no other: what a server adds must be known here first. */
export function object(rules: Readonly<Record<string, Rule>>): Rule {
  const members = new Map(Object.entries(rules));
  return {
    members,
    item: null,
    faults(value, at) {
      if (typeof value !== 'object' || value === null || Array.isArray(value))
        return [`${at || 'the answer'} is ${shown(value)} instead of an object`];
      const found = value as Readonly<Record<string, unknown>>;
      const below = (name: string) => (at === '' ? name : `${at}.${name}`);
      return [
        ...[...members].flatMap(([name, rule]) => rule.faults(found[name], below(name))),
        ...Object.keys(found)
          .filter((name) => !members.has(name))
          .map((name) => `${below(name)} is not expected`),
      ];
    },
  };
}

export function list(item: Rule, bounds: { readonly min?: number; readonly max?: number } = {}): Rule {
  const { min = 0, max = Number.POSITIVE_INFINITY } = bounds;
  return {
    members: null,
    item,
    faults(value, at) {
      if (!Array.isArray(value)) return [`${at} is ${shown(value)} instead of a list`];
      if (value.length < min || value.length > max)
        return [`${at} has ${value.length} entries instead of ${min} to ${max}`];
      return value.flatMap((one, index) => item.faults(one, `${at}[${index}]`));
    },
  };
}

/** A list with exactly these values of one member, in any order. */
export function listNaming(member: string, wanted: readonly unknown[], item: Rule): Rule {
  const plain = list(item, { min: wanted.length, max: wanted.length });
  const sorted = (values: readonly unknown[]) => JSON.stringify(values.map(String).sort());
  return {
    ...plain,
    faults(value, at) {
      const faults = plain.faults(value, at);
      if (faults.length > 0) return faults;
      const found = (value as Readonly<Record<string, unknown>>[]).map((one) => one[member]);
      return sorted(found) === sorted(wanted) ? [] : [`${at} names ${found} instead of ${wanted}`];
    },
  };
}

/** A list that has, among others, an entry with this value of a member; all entries follow `item`. */
export function listHolding(member: string, wanted: unknown, item: Rule): Rule {
  const plain = list(item, { min: 1 });
  return {
    ...plain,
    faults(value, at) {
      const faults = plain.faults(value, at);
      if (faults.length > 0) return faults;
      const found = (value as Readonly<Record<string, unknown>>[]).some((one) => one[member] === wanted);
      return found ? [] : [`${at} has no entry with ${member} ${shown(wanted)}`];
    },
  };
}
