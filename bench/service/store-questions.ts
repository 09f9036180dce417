import { filledJobName } from './store-filling.ts';

const PAGE_SIZE_MAX = 100;

/** A kind of question and the paths that ask it, each another one. */
export interface StoreQuestion {
  readonly name: string;
  readonly paths: readonly string[];
}

/**
 * The questions that consoles and scripts ask, each `count` times.
 * @param cdm path of the cluster's CDM operations. @param own path of its operations of our own API.
 */
export function storeQuestions(
  cdm: string,
  own: string,
  filled: { readonly jobs: number; readonly runs: number },
  count: number,
): readonly StoreQuestion[] {
  // Spread over the whole range, the same in every run.
  const spread = (max: number) =>
    Array.from({ length: count }, (_, at) => Math.floor(((at * 7_919) % 10_007) * (max / 10_007)));
  const question = (name: string, max: number, path: (no: number) => string): StoreQuestion => ({
    name,
    paths: spread(max).map(path),
  });
  const { jobs, runs } = filled;
  const pages = (of: number, size: number) => Math.max(1, Math.floor(of / size));
  const busiest = filledJobName(0);
  const digits = (no: number) => String(no).padStart(4, '0');
  return [
    question('jobs, first page of 10', 1, () => `${cdm}/job/all?page_size=10`),
    question(
      'jobs, any page of 100',
      pages(jobs, PAGE_SIZE_MAX),
      (no) => `${cdm}/job/all?page_size=100&page_no=${no + 1}`,
    ),
    question('jobs, filter that fits one', jobs, (no) => `${cdm}/job/all?filter=${digits(no)}_to`),
    question('jobs, filter that fits none', jobs, (no) => `${cdm}/job/all?filter=absent${no}`),
    question('one job', jobs, (no) => `${cdm}/job/${filledJobName(no)}`),
    question('status of any job', jobs, (no) => `${cdm}/job/${filledJobName(no)}/status`),
    question('status of one job', 1, () => `${cdm}/job/${filledJobName(1)}/status`),
    question('history of any job', jobs, (no) => `${cdm}/submissions?jname=${filledJobName(no)}`),
    question('history of the busiest job, first page', 1, () => `${cdm}/submissions?jname=${busiest}`),
    question(
      'history of the busiest job, any page of 100',
      pages(runs / 10, PAGE_SIZE_MAX),
      (no) => `${cdm}/submissions?jname=${busiest}&page_size=100&page_no=${no + 1}`,
    ),
    question('runs of any job, own API', jobs, (no) => `${own}/jobs/${filledJobName(no)}/runs`),
  ];
}
