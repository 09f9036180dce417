// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so jobs refer to variables.
import type { Text } from '@sluice/core/data/text';
import type { RunStatus } from './job-status-rules.ts';

/** One way into a status, as the page shows it and the observation performs it. */
export interface StatusExample {
  readonly status: RunStatus;
  readonly job: string;
  readonly sourceTable: string;
  /** Column lists of the two ends; default: all columns. */
  readonly columns?: { readonly from: string; readonly to: string };
  /** A secret variable that the job refers to. */
  readonly secret?: { readonly name: string; readonly value: string };
  /** How the job was brought there. */
  readonly how: Text;
}

/** In the order of the page. Examples that name the same job are moments of one run. */
export const statusExamples = {
  'never-executed': {
    status: 'NEVER_EXECUTED',
    job: 'orders_new',
    sourceTable: 'orders',
    how: { en: 'The job was created and never started.', zh: '作业已创建，从未启动。' },
  },
  booting: {
    status: 'BOOTING',
    job: 'orders_daily',
    sourceTable: 'orders',
    how: {
      en: 'The job was started while another transaction was reading the destination table, so that clearing it had to wait.',
      zh: '启动作业时另一个事务正在读取目的表，清空该表须等待。',
    },
  },
  running: {
    status: 'RUNNING',
    job: 'orders_daily',
    sourceTable: 'orders',
    how: {
      en: 'The same run, after that transaction had ended, and while another one held the source table.',
      zh: '同一次运行：上述事务已结束，源表被另一个事务锁定。',
    },
  },
  succeeded: {
    status: 'SUCCEEDED',
    job: 'orders_daily',
    sourceTable: 'orders',
    how: { en: 'The same run, after the source was free too.', zh: '同一次运行：源表也已释放。' },
  },
  failed: {
    status: 'FAILED',
    job: 'orders_gone',
    sourceTable: 'orders_2019',
    how: { en: 'The source table does not exist.', zh: '源表不存在。' },
  },
  stopped: {
    status: 'FAILED',
    job: 'orders_stopped',
    sourceTable: 'orders',
    how: {
      en: 'The run was stopped while it was RUNNING. A stopped run has no status of its own.',
      zh: '运行中被停止。停止没有单独的状态。',
    },
  },
  refused: {
    status: 'FAILURE_ON_SUBMIT',
    job: 'orders_unpaired',
    sourceTable: 'orders',
    // A list that could be read would have been refused when the job was saved, or started.
    columns: { from: 'id&customer&total', to: '${destination_columns}' },
    secret: { name: 'destination_columns', value: 'id&total' },
    how: {
      en: 'The start was accepted, but a secret variable gives the job two destination columns for its three source columns, so no work could be made of it.',
      zh: '启动已被接受，但加密变量给出的目的端字段只有两个，而源端有三个字段，无法下发执行。',
    },
  },
  unknown: {
    status: 'UNKNOWN',
    job: 'orders_lost',
    sourceTable: 'orders',
    how: {
      en: 'No engine of this version can cause it: the state was written into the store of the stopped server, under a run that had been RUNNING.',
      zh: '当前版本的引擎不会产生该状态：服务停止时，直接在存储中将一次运行的状态改为该值。',
    },
  },
} as const satisfies Readonly<Record<string, StatusExample>>;

export type ExampleId = keyof typeof statusExamples;
