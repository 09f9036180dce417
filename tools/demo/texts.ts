/** The demo's lines, by the language of the terminal. */
export interface DemoTexts {
  readonly startingServers: string;
  filling(rows: string): string;
  readonly creatingCluster: string;
  readonly creatingJob: string;
  readonly copying: string;
  readonly rows: string;
  readonly rowsPerSecond: string;
  finalStatus(status: string): string;
  readonly proving: string;
  counts(source: string, target: string, areEqual: boolean): string;
  checksums(source: string, target: string, areEqual: boolean): string;
  measured(copySeconds: string, seconds: string, serverMb: string, workerMb: string): string;
  readonly proved: string;
  readonly refuted: string;
  unavailable(reason: string): string;
  readonly next: string;
  readonly running: string;
  readonly stopped: string;
}

const en: DemoTexts = {
  startingServers: 'Starting PostgreSQL and Sluice',
  filling: (rows) => `Filling the source table with ${rows} rows`,
  creatingCluster: 'Creating a cluster through the API',
  creatingJob: 'Creating two links and the job lineitem_copy',
  copying: 'Copying',
  rows: 'rows',
  rowsPerSecond: 'rows/s',
  finalStatus: (status) => `The run ended ${status}:`,
  proving: 'Asking both databases what they hold',
  counts: (source, target, areEqual) =>
    `  rows       source ${source}, target ${target}: ${areEqual ? 'equal' : 'DIFFERENT'}`,
  checksums: (source, target, areEqual) =>
    `  checksums  source ${source}, target ${target}: ${areEqual ? 'equal' : 'DIFFERENT'}`,
  measured: (copySeconds, seconds, serverMb, workerMb) =>
    `  copied in ${copySeconds} s, ${seconds} s in all; peak memory: server ${serverMb} MiB, workers ${workerMb} MiB`,
  proved: 'Every row arrived, and nothing else.',
  refuted: 'The target is not what it should be.',
  unavailable: (reason) => `The demo cannot run here: ${reason}`,
  next: 'Try next:',
  running: 'Running until Ctrl-C:',
  stopped: 'Everything was stopped and removed. The server spoke at:',
};

const zh: DemoTexts = {
  startingServers: '正在启动 PostgreSQL 和 Sluice',
  filling: (rows) => `正在向源表写入 ${rows} 行`,
  creatingCluster: '正在通过 API 创建集群',
  creatingJob: '正在创建两个连接和作业 lineitem_copy',
  copying: '正在迁移',
  rows: '行',
  rowsPerSecond: '行/秒',
  finalStatus: (status) => `作业运行结束，状态 ${status}：`,
  proving: '正在由两端数据库核对数据',
  counts: (source, target, areEqual) =>
    `  行数    源端 ${source}，目的端 ${target}：${areEqual ? '一致' : '不一致'}`,
  checksums: (source, target, areEqual) =>
    `  校验和  源端 ${source}，目的端 ${target}：${areEqual ? '一致' : '不一致'}`,
  measured: (copySeconds, seconds, serverMb, workerMb) =>
    `  迁移用时 ${copySeconds} 秒，总计 ${seconds} 秒；内存峰值：服务 ${serverMb} MiB，工作进程 ${workerMb} MiB`,
  proved: '每一行均已到达，且没有多余数据。',
  refuted: '目的端数据与预期不符。',
  unavailable: (reason) => `此处无法运行演示：${reason}`,
  next: '接下来可以试试：',
  running: '服务运行中，按 Ctrl-C 结束：',
  stopped: '一切均已停止并清除。服务地址曾为：',
};

/** @param env of the terminal, where POSIX keeps its language */
export function demoTexts(env: Readonly<Record<string, string | undefined>>): DemoTexts {
  return /^zh/i.test(env.LC_ALL || env.LC_MESSAGES || env.LANG || '') ? zh : en;
}
