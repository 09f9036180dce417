import type {
  JobPlan,
  PlanEnd,
  PlanEstimate,
  PlanObstacle,
  PlanSettings,
  PlanSlice,
  PlanTable,
} from '@sluice/contract/plan-views';
import type { Finding, StageResult } from '@sluice/core/connector/inspection';
import type { RightFinding } from '@sluice/core/connector/run-preview';
import type { Language, Text } from '@sluice/core/data/text';
import { renderError } from '@sluice/core/errors/render-error';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { RunPreview } from '@sluice/engine/work';
import type { RefusedPlan } from '../../jobs/plan-service.ts';
import { runDirtyLimitsOf } from '../../planner/dirty-rules.ts';
import { tablesAtOnce } from '../../runs/batch-run.ts';
import { type PlannedRun, type PlannedTable, type PlanPage, planKey } from '../../runs/plan-desk.ts';
import { forecast } from '../../runs/plan-forecast.ts';
import { readVerifyOptions } from '../../runs/verify-options.ts';
import type { JobRecord } from '../../store/model.ts';
import { writeLinkTest } from './link-tools.ts';
import { writePlan } from './run.ts';
import { int32 } from './submission.ts';

type End = 'source' | 'destination';

const moments = {
  one_statement: {
    en: 'One statement reads all rows, so all of them are of one moment.',
    zh: '由一条语句读取全部数据，所有行属于同一时刻。',
  },
  one_moment: {
    en: 'The run asks the source for one moment that all slices read; should the source refuse, each slice is read as the source is by then, and the run says so.',
    zh: '运行时请求源端提供所有分片共用的同一时刻；若源端拒绝，则各分片按读取时的状态读取，并在运行中说明。',
  },
  per_slice: {
    en: 'Each slice is read as the source is when its turn comes.',
    zh: '各分片按读取时源端的状态读取。',
  },
} as const satisfies Readonly<Record<string, Text>>;

/** A plan in the caller's language. */
export function writeJobPlan(planned: PlannedRun, language: Language): JobPlan {
  const { run, preview, work, page, reach } = planned;
  const { job } = run;
  const tables = (planned.tables ?? []).map((table) => writeTable(table, language));
  const tested = preview?.reach ?? reach;
  const ends = { source: tested?.source ?? null, destination: tested?.destination ?? null };
  const obstacles = [
    ...(planned.refusal === null ? [] : [told('job', null, planned.refusal, language)]),
    ...stageObstacles('source', ends.source, language),
    ...stageObstacles('destination', ends.destination, language),
    ...(preview === null ? [] : previewObstacles(preview, language)),
    ...tables.filter(({ state }) => state === 'not_runnable').map((table) => ofTable(table, language)),
  ];
  const plan = preview?.plan ?? null;
  return {
    job_name: job.name,
    job_type: job.type,
    is_runnable: obstacles.length === 0,
    obstacles,
    planned_at: run.createdAt,
    took_ms: int32(planned.tookMs),
    clock_at: planned.clockAt,
    zone: planned.zone,
    resolved: planned.resolved.map(({ name, text }) => ({ name, text })),
    run_key: planKey,
    settings: work === null ? null : writeSettings(job, work),
    source: writeEnd(job.fromConnector, job.fromLink, ends.source, preview?.source?.rights ?? [], language),
    destination: writeEnd(
      job.toConnector,
      job.toLink,
      ends.destination,
      preview?.sink?.rights ?? [],
      language,
    ),
    plan: plan === null ? null : writePlan(plan, language, preview?.sliceCount),
    moment: preview === null || plan === null ? null : writeMoment(preview, language),
    statements: (preview?.sink?.statements ?? []).map((statement) => ({
      purpose: statement.purpose,
      sql: statement.sql,
      is_fallback: statement.isFallback === true,
      is_draft: statement.isDraft === true,
      is_cut: statement.isCut === true,
    })),
    slices: preview === null ? [] : writeSlices(preview),
    estimate: writeEstimate(planned, language),
    tables,
    total: int32(planned.total),
    page_no: page.pageNo,
    page_size: page.pageSize,
  };
}

/** The answer about a job whose start would be refused. */
export function writeRefusedPlan(
  { job, refused, at, zone }: RefusedPlan,
  page: PlanPage,
  language: Language,
): JobPlan {
  const finding = { code: refused.code, facts: refused.facts };
  return {
    job_name: job.name,
    job_type: job.type,
    is_runnable: false,
    obstacles: [told('job', null, finding, language)],
    planned_at: at,
    took_ms: 0,
    clock_at: at,
    zone,
    resolved: [],
    run_key: planKey,
    settings: null,
    source: writeEnd(job.fromConnector, job.fromLink, null, [], language),
    destination: writeEnd(job.toConnector, job.toLink, null, [], language),
    plan: null,
    moment: null,
    statements: [],
    slices: [],
    estimate: null,
    tables: [],
    total: 0,
    page_no: page.pageNo,
    page_size: page.pageSize,
  };
}

function told(
  kind: PlanObstacle['kind'],
  end: End | null,
  { code, facts }: Finding,
  language: Language,
): PlanObstacle {
  const { message, remedy } = renderError(new SluiceError(code, facts), language);
  return { kind, end, code, message, hint: remedy };
}

function stageObstacles(
  end: End,
  stages: readonly StageResult[] | null,
  language: Language,
): readonly PlanObstacle[] {
  return (stages ?? []).flatMap(({ finding }) =>
    finding === null ? [] : [told('link', end, finding, language)],
  );
}

function previewObstacles(preview: RunPreview, language: Language): readonly PlanObstacle[] {
  const missing = (end: End, rights: readonly RightFinding[] | undefined) =>
    (rights ?? []).filter(({ state }) => state === 'missing').map((right) => lacking(end, right, language));
  return [
    ...(preview.refusal === null ? [] : [told('plan', null, preview.refusal, language)]),
    ...missing('source', preview.source?.rights),
    ...missing('destination', preview.sink?.rights),
  ];
}

function lacking(end: End, { right, on }: RightFinding, language: Language): PlanObstacle {
  const message = {
    en: `The user of the ${end} link lacks the right ${right} on ${on}.`,
    zh: `${end === 'source' ? '源端' : '目的端'}连接的用户缺少 ${on} 上的 ${right} 权限。`,
  };
  const hint = {
    en: `Grant ${right} on ${on} to that user, or use a link of another user.`,
    zh: `请为该用户授予 ${on} 上的 ${right} 权限，或使用其他用户的连接。`,
  };
  return { kind: 'right', end, code: null, message: message[language], hint: hint[language] };
}

function ofTable({ table, obstacles }: PlanTable, language: Language): PlanObstacle {
  const [first] = obstacles;
  const lead = { en: `Table ${table}: `, zh: `表 ${table}：` }[language];
  return {
    kind: 'table',
    end: first?.end ?? null,
    code: first?.code ?? null,
    message: lead + (first?.message ?? ''),
    hint: first?.hint ?? '',
  };
}

function writeEnd(
  connector: string,
  link: string,
  stages: readonly StageResult[] | null,
  rights: readonly RightFinding[],
  language: Language,
): PlanEnd {
  const test = stages === null ? null : writeLinkTest(stages, language);
  return {
    connector,
    link,
    is_reachable: test?.is_usable ?? null,
    stages: test?.stages ?? [],
    rights: rights.map(({ right, on, state }) => ({ right, on, state })),
  };
}

function writeSettings(job: JobRecord, work: NonNullable<PlannedRun['work']>): PlanSettings {
  const { extractors, rateLimit, dirty } = work;
  const limits = runDirtyLimitsOf(job.driverOptions);
  const verify = readVerifyOptions(job.driverOptions);
  return {
    slices_at_once: extractors,
    tables_at_once: job.type === 'BATCH_JOB' ? tablesAtOnce(job.driverOptions) : null,
    throttle:
      rateLimit === undefined
        ? null
        : {
            bytes_per_second: rateLimit.bytesPerSecond,
            rows_per_second: rateLimit.rowsPerSecond,
            backs_off: rateLimit.backsOff,
          },
    dirty:
      dirty === undefined
        ? null
        : { slice_max: dirty.sliceMax, run_max: limits.rowsMax, run_max_percent: limits.percentMax },
    verify: verify.isOn ? { without: [...verify.without] } : null,
  };
}

function writeMoment({ sliceCount, holdsMoments }: RunPreview, language: Language): JobPlan['moment'] {
  const kind = sliceCount === 1 ? 'one_statement' : holdsMoments ? 'one_moment' : 'per_slice';
  return { kind, text: moments[kind][language] };
}

function writeSlices({ plan, source }: RunPreview): PlanSlice[] {
  return (plan?.slices ?? []).map((slice, at): PlanSlice => {
    const shown = source?.slices[at];
    const rows = shown?.rowsEstimate ?? slice.rowsEstimate;
    return {
      no: slice.no,
      label: slice.label,
      sql: shown?.sql ?? null,
      is_cut: shown?.isCut === true,
      rows_estimate: whole(rows),
      bytes_estimate: whole(shown?.bytesEstimate ?? null),
      basis: shown?.basis ?? (rows === null ? null : 'statistics'),
    };
  });
}

function writeEstimate(planned: PlannedRun, language: Language): PlanEstimate | null {
  const found = forecast(planned);
  if (found === null) return null;
  const { rows, bytes, basis, seconds, secondsBasis, lastRun } = found;
  return {
    rows: whole(rows),
    bytes: whole(bytes),
    basis,
    seconds: whole(seconds),
    seconds_basis: secondsBasis,
    last_run_id: lastRun?.id ?? null,
    text: found.text[language],
  };
}

function writeTable({ table, preview, failure }: PlannedTable, language: Language): PlanTable {
  const obstacles: PlanObstacle[] =
    failure === null
      ? []
      : [
          {
            kind: 'plan',
            end: null,
            code: failure.code,
            message: failure.summary[language],
            hint: failure.details[language],
          },
        ];
  if (preview !== null) {
    obstacles.push(...previewObstacles({ ...preview, refusal: null }, language));
  }
  const plan = preview?.plan ?? null;
  const isPlanned = preview !== null || failure !== null;
  return {
    table: table.name,
    state: !isPlanned ? 'not_planned' : obstacles.length === 0 ? 'runnable' : 'not_runnable',
    obstacles,
    rows_estimate: whole(preview?.totals?.rowsEstimate ?? table.rowsEstimate),
    bytes_estimate: whole(preview?.totals?.bytesEstimate ?? null),
    way: plan?.way ?? null,
    slice_count: plan === null ? null : int32(preview?.sliceCount ?? 0),
    purposes: [...new Set((preview?.sink?.statements ?? []).map(({ purpose }) => purpose))],
    warnings: plan === null ? [] : writePlan(plan, language).warnings,
  };
}

function whole(value: number | null): number | null {
  return value === null ? null : Math.round(value);
}
