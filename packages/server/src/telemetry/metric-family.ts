/** One value of a metric with its labels. */
export interface MetricValue {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  /** For the parts of a histogram: the name with its ending. */
  readonly metricName?: string;
}

/** A metric with all its values, as it is now. */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly values: readonly MetricValue[];
}

/** Something that can be read when somebody asks. It keeps plain numbers meanwhile, so that counting costs next to nothing. */
export interface Meter {
  families(): readonly MetricFamily[] | Promise<readonly MetricFamily[]>;
}

/** A metric without labels, or with the same ones for its only value. */
export function single(
  name: string,
  type: MetricFamily['type'],
  help: string,
  value: number,
  labels: MetricValue['labels'] = {},
): MetricFamily {
  return { name, type, help, values: [{ labels, value }] };
}
