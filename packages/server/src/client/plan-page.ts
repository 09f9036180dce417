import type { JobPlan, PlanEnd, PlanSlice, PlanTable } from '@sluice/contract/plan-views';
import type { StatementPurpose } from '@sluice/core/connector/run-preview';
import type { Language, Text } from '@sluice/core/data/text';

const words = {
  runnable: { en: 'can run', zh: '可以运行' },
  notRunnable: { en: 'CANNOT RUN', zh: '无法运行' },
  plan: { en: 'Plan of job', zh: '作业计划' },
  obstacles: { en: 'In the way', zh: '妨碍运行的问题' },
  clock: { en: 'Macros are filled in for', zh: '宏的取值时间' },
  source: { en: 'Source', zh: '源端' },
  destination: { en: 'Destination', zh: '目的端' },
  link: { en: 'link', zh: '连接' },
  reachable: { en: 'reachable', zh: '可达' },
  unreachable: { en: 'not reachable', zh: '不可达' },
  untested: { en: 'not tested', zh: '未测试' },
  rights: { en: 'Rights', zh: '权限' },
  columns: { en: 'Columns', zh: '字段映射' },
  warnings: { en: 'To be known', zh: '须知' },
  way: { en: 'Way', zh: '传输方式' },
  moment: { en: 'Moment', zh: '时刻' },
  settings: { en: 'In force', zh: '生效的设置' },
  statements: { en: 'At the destination', zh: '目的端将执行' },
  slices: { en: 'Slices', zh: '分片' },
  tables: { en: 'Tables', zh: '表' },
  estimate: { en: 'Estimate', zh: '估计' },
  rows: { en: 'rows', zh: '行' },
  unknown: { en: 'unknown', zh: '未知' },
  fallback: { en: 'only if the one ahead is refused', zh: '仅在前一条被拒绝时执行' },
  draft: { en: 'the run may spell it another way', zh: '运行时的写法可能不同' },
  cut: { en: 'the rest is too long to be shown', zh: '其余部分过长，未显示' },
  page: { en: 'page', zh: '第' },
  resolved: { en: 'Filled in', zh: '已代入' },
} as const satisfies Readonly<Record<string, Text>>;

const states: Readonly<Record<string, Text>> = {
  granted: { en: 'granted', zh: '已授予' },
  missing: { en: 'MISSING', zh: '缺少' },
  unknown: { en: 'cannot be told', zh: '无法确定' },
  runnable: { en: 'can run', zh: '可以运行' },
  not_runnable: { en: 'CANNOT RUN', zh: '无法运行' },
  not_planned: { en: 'not planned in time', zh: '未及规划' },
  optimizer: { en: "the database's forecast", zh: '数据库的预测' },
  statistics: { en: "the table's statistics", zh: '表的统计信息' },
};

const purposes: Readonly<Record<StatementPurpose, Text>> = {
  create_schema: { en: 'make the schema', zh: '创建模式' },
  drop_table: { en: 'drop the table', zh: '删除表' },
  create_table: { en: 'make the table', zh: '创建表' },
  statement_before: { en: 'your statement before the import', zh: '导入前语句' },
  clear: { en: 'clear the table', zh: '清空数据' },
  create_stage: { en: 'make the staging table', zh: '创建阶段表' },
  create_checkpoints: { en: 'make the checkpoint table of the run', zh: '创建运行的检查点表' },
  open_writer: { en: 'once in the session of each writer', zh: '每个写入会话执行一次' },
  write: { en: 'write the rows of each slice', zh: '写入各分片的数据' },
  merge: { en: 'merge the rows ahead of each commit', zh: '每次提交前合并数据' },
  move_staged_rows: { en: 'move the staged rows, in one transaction', zh: '在一个事务中移入阶段表数据' },
  drop_stage: { en: 'drop the staging table', zh: '删除阶段表' },
  statement_after: { en: 'your statement after the import', zh: '导入后语句' },
  drop_checkpoints: { en: 'drop the checkpoint table', zh: '删除检查点表' },
};

/** A plan as a page for people. @returns text with a line end. */
export function planPage(plan: JobPlan, language: Language): string {
  const word = (name: keyof typeof words) => words[name][language];
  const lines: string[] = [
    `${word('plan')} ${plan.job_name} (${plan.job_type}): ${word(plan.is_runnable ? 'runnable' : 'notRunnable')}`,
  ];
  const section = (title: string, body: readonly string[]) => {
    if (body.length > 0) lines.push('', title, ...body.map((line) => `  ${line}`));
  };
  section(
    word('obstacles'),
    plan.obstacles.flatMap(({ code, message, hint }) => [
      `- ${code === null || message.startsWith(code) ? '' : `${code} : `}${message}`,
      ...(hint === '' ? [] : [`  ${hint}`]),
    ]),
  );
  section(
    `${word('source')}: ${plan.source.connector}, ${word('link')} ${plan.source.link}`,
    endLines(plan.source, language),
  );
  section(
    `${word('destination')}: ${plan.destination.connector}, ${word('link')} ${plan.destination.link}`,
    endLines(plan.destination, language),
  );
  section(`${word('clock')} ${new Date(plan.clock_at).toISOString()} (${plan.zone})`, [
    ...plan.resolved.map(({ name, text }) => `${name} = ${text}`),
  ]);
  section(word('settings'), settingLines(plan, language));
  if (plan.plan !== null) {
    const { way, form, reason, columns, warnings } = plan.plan;
    section(word('way'), [`${way ?? form} (${form}): ${reason}`]);
    section(
      word('columns'),
      columns.map(({ source, source_type, destination, sent_as, cast }) => {
        const from = source_type === '' ? source : `${source} (${source_type})`;
        return `${from} -> ${destination} [${sent_as}${cast === null ? '' : `, CAST ${cast}`}]`;
      }),
    );
    section(
      word('warnings'),
      warnings.map((text) => `- ${text}`),
    );
  }
  if (plan.moment !== null) section(word('moment'), [plan.moment.text]);
  section(
    word('statements'),
    plan.statements.flatMap(({ purpose, sql, is_fallback, is_draft, is_cut }) => {
      const marks = [
        is_fallback ? word('fallback') : '',
        is_draft ? word('draft') : '',
        is_cut ? word('cut') : '',
      ].filter((mark) => mark !== '');
      const more = marks.length === 0 ? '' : ` (${marks.join('; ')})`;
      return [`${purposes[purpose][language]}${more}:`, ...indented(sql)];
    }),
  );
  section(
    `${word('slices')}: ${paged(plan, plan.slices.length, language)}`,
    plan.slices.flatMap((slice) => sliceLines(slice, language)),
  );
  section(
    `${word('tables')}: ${paged(plan, plan.tables.length, language)}`,
    plan.tables.flatMap((table) => tableLines(table, language)),
  );
  if (plan.estimate !== null) {
    const { rows, bytes, basis, text } = plan.estimate;
    section(word('estimate'), [`${amount(rows, bytes, basis, language)}. ${text}`]);
  }
  return `${shown(lines.join('\n'))}\n`;
}

/** Names and statements are others' texts: their control characters must not reach a terminal. */
function shown(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, (character) => {
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
  });
}

function endLines({ is_reachable, stages, rights }: PlanEnd, language: Language): readonly string[] {
  const reach = is_reachable === null ? 'untested' : is_reachable ? 'reachable' : 'unreachable';
  const passed = stages.filter(({ state }) => state !== 'skipped');
  const times = passed
    .map(({ stage, state, ms }) => `${stage} ${state === 'ok' ? `${ms} ms` : '✗'}`)
    .join(', ');
  return [
    `${words[reach][language]}${times === '' ? '' : `: ${times}`}`,
    ...rights.map(({ right, on, state }) => `${right} ${on}: ${states[state]?.[language] ?? state}`),
  ];
}

function settingLines({ settings }: JobPlan, language: Language): readonly string[] {
  if (settings === null) return [];
  const { slices_at_once, tables_at_once, throttle, dirty, verify } = settings;
  const say = (text: Text): string => text[language];
  const limit = (value: number | null): string =>
    value === null ? say({ en: 'any number', zh: '不限' }) : String(value);
  return [
    say({ en: `${slices_at_once} slices at once`, zh: `同时读取 ${slices_at_once} 个分片` }),
    ...(tables_at_once === null
      ? []
      : [say({ en: `${tables_at_once} tables at once`, zh: `同时迁移 ${tables_at_once} 张表` })]),
    throttle === null
      ? say({ en: 'no rate limit', zh: '不限速' })
      : say({
          en: `rate limit: ${throttle.bytes_per_second ?? '∞'} bytes/s, ${throttle.rows_per_second ?? '∞'} rows/s`,
          zh: `限速：${throttle.bytes_per_second ?? '∞'} 字节/秒，${throttle.rows_per_second ?? '∞'} 行/秒`,
        }),
    dirty === null
      ? say({ en: 'the first row that cannot be written ends the run', zh: '遇到无法写入的行即终止运行' })
      : say({
          en: `rows that cannot be written are set aside: per slice ${limit(dirty.slice_max)}, per run ${limit(dirty.run_max)}`,
          zh: `无法写入的行作为脏数据隔离：每分片 ${limit(dirty.slice_max)}，每次运行 ${limit(dirty.run_max)}`,
        }),
    verify === null
      ? say({ en: 'tables are not compared afterwards', zh: '完成后不做数据比对' })
      : say({ en: 'both tables are compared before the run succeeds', zh: '成功前比对两端数据' }),
  ];
}

function sliceLines(
  { no, label, sql, is_cut, rows_estimate, bytes_estimate, basis }: PlanSlice,
  language: Language,
): string[] {
  const head = `#${no} ${label}: ${amount(rows_estimate, bytes_estimate, basis, language)}`;
  return [head, ...(sql === null ? [] : indented(is_cut ? `${sql} … (${words.cut[language]})` : sql))];
}

function tableLines(table: PlanTable, language: Language): string[] {
  const { state, rows_estimate, bytes_estimate, way, slice_count, obstacles } = table;
  const size = amount(rows_estimate, bytes_estimate, null, language);
  const how = way === null ? '' : `, ${way}, ${words.slices[language]} ${slice_count}`;
  return [
    `${table.table}: ${states[state]?.[language] ?? state}, ${size}${how}`,
    ...obstacles.map(({ message }) => `  - ${message}`),
  ];
}

function amount(rows: number | null, bytes: number | null, basis: string | null, language: Language): string {
  if (rows === null && bytes === null) return words.unknown[language];
  const parts = [
    rows === null ? '' : `~${rows} ${words.rows[language]}`,
    bytes === null ? '' : `~${sizeText(bytes)}`,
  ].filter((part) => part !== '');
  const by = basis === null ? '' : ` (${states[basis]?.[language] ?? basis})`;
  return `${parts.join(', ')}${by}`;
}

function sizeText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let at = 0;
  let value = bytes;
  while (value >= 1024 && at < units.length - 1) {
    value /= 1024;
    at += 1;
  }
  return `${at === 0 ? value : value.toFixed(1)} ${units[at]}`;
}

function paged({ total, page_no, page_size }: JobPlan, shown: number, language: Language): string {
  if (shown >= total) return String(total);
  const pages = Math.ceil(total / page_size);
  return language === 'en'
    ? `${total}, page ${page_no} of ${pages}`
    : `${total}，第 ${page_no} / ${pages} 页`;
}

function indented(sql: string): string[] {
  return sql.split('\n').map((line) => `    ${line}`);
}
