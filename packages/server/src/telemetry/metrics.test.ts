import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { EventMeter, heardLogger, LabelledCounter } from './event-meter.ts';
import { HttpMeter } from './http-meter.ts';
import { createLogger } from './log.ts';
import { MachineWatch } from './machine-load.ts';
import { MetricsText } from './metrics-text.ts';
import { PublishedMeter, type PublishedSources, publishedMetrics } from './published-metrics.ts';

const sources: PublishedSources = {
  instanceId: 'i',
  machine: () => ({
    bytesInPerSecond: 1,
    bytesOutPerSecond: 2,
    diskBytesPerSecond: 3,
    cpuPercent: 4,
    memoryPercent: 5,
    diskPercent: 6,
    inodesPercent: null,
    threads: 7,
  }),
  runs: () => ({ total: 10, queued: 2, endedInLastHour: 4, failedInLastHour: 1 }),
  connections: async () => 8,
  storeConnections: () => 1,
  waitingTasks: () => 9,
};

const textOf = (...meters: ConstructorParameters<typeof MetricsText>[0]) =>
  new MetricsText(meters, () => 0).read();

/** A line of the text form, as its description has it. */
const lineForm =
  /^[a-zA-Z_:][\w:]*(\{([a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\n"])*",?)*\})? (NaN|[+-]?Inf|[+-]?[\d.e+-]+)$/;

describe('the published metrics', () => {
  test('are these fifteen, each under its name with the published dimension; what is not known is left out', async () => {
    expect(Object.keys(publishedMetrics)).toEqual(
      (
        'bytes_in bytes_out cpu_usage mem_usage disk_usage disk_io inodes_usage tomcat_heap_usage tomcat_connect ' +
        'tomcat_thread_count pg_connect pg_submission_row pg_failed_job_rate pg_pending_job pending_threads'
      ).split(' '),
    );
    const lines = (await textOf(new PublishedMeter(sources))).split('\n');
    for (const line of lines.filter((each) => each !== '' && !each.startsWith('#')))
      expect(line).toMatch(lineForm);
    for (const [name, value] of [
      ['bytes_in', 1],
      ['mem_usage', 5],
      ['tomcat_connect', 8],
      ['pg_submission_row', 10],
      ['pg_failed_job_rate', 25],
      ['pg_pending_job', 2],
      ['pending_threads', 9],
    ]) {
      expect(lines).toContain(`cdm_${name}{instance_id="i"} ${value}`);
    }
    expect(lines.join('\n')).not.toContain('inodes');
    const idle = {
      ...sources,
      runs: () => ({ total: 0, queued: 0, endedInLastHour: 0, failedInLastHour: 0 }),
    };
    expect(await textOf(new PublishedMeter(idle))).toContain('cdm_pg_failed_job_rate{instance_id="i"} 0');
  });

  test('of this machine lie in their ranges', () => {
    let at = 0;
    const watch = new MachineWatch(tmpdir(), () => (at += 1_000));
    const load = watch.look();
    for (const percent of [load.cpuPercent, load.memoryPercent, load.diskPercent, load.inodesPercent]) {
      if (percent === null) continue;
      expect(percent).toBeGreaterThanOrEqual(0);
      expect(percent).toBeLessThanOrEqual(100);
    }
    for (const rate of [load.bytesInPerSecond, load.bytesOutPerSecond, load.diskBytesPerSecond]) {
      if (rate !== null) expect(rate).toBeGreaterThanOrEqual(0);
    }
    if (process.platform === 'linux') expect(load.threads).toBeGreaterThan(1);
  });
});

describe('counting', () => {
  test('hears events of the log whatever level is written, and ends of runs by what they are', async () => {
    const written: string[] = [];
    const meter = new EventMeter();
    const log = heardLogger(createLogger({ level: 'error', write: (line) => written.push(line) }), [
      meter.hear,
    ]);
    log.info('run.tried-again', { run: 'r' });
    log.info('run.ended', { run: 'r', state: 'failed', code: 'Cdm.0901', source: 'a', destination: 'b' });
    log.error('boom');
    expect(written).toHaveLength(1);
    const text = await textOf(meter);
    expect(text).toContain('sluice_attempts_repeated_total 1');
    expect(text).toContain(
      'sluice_runs_ended_total{state="failed",code="Cdm.0901",source="a",destination="b"} 1',
    );
    expect(text).toContain('sluice_events_total{event="boom",level="error"} 1');
  });

  test('is bounded whatever labels come, and a hostile label stays inside its quotes', async () => {
    const counter = new LabelledCounter('c', 'help', ['l']);
    counter.add(['a"b\\c\nd 1\nfake 2']);
    for (let i = 0; i < 10_000; i++) counter.add([`v${i}`]);
    const text = await textOf({ families: () => [counter.family()] });
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(lines.length).toBeLessThanOrEqual(501);
    for (const line of lines) expect(line).toMatch(lineForm);
    expect(counter.family().values.reduce((sum, { value }) => sum + value, 0)).toBe(10_001);
  });

  test('puts times into buckets that add up', () => {
    const meter = new HttpMeter();
    for (const ms of [0.5, 1, 3, 20, 20_000]) meter.of('Op').count(200, ms);
    const [, times] = meter.families();
    const bucket = (le: string | number) =>
      times?.values.find(({ labels }) => labels.le === le)?.value ?? Number.NaN;
    expect([bucket(0.001), bucket(0.005), bucket(0.025), bucket(10), bucket('+Inf')]).toEqual([
      2, 3, 4, 4, 5,
    ]);
    expect(times?.values.at(-1)).toMatchObject({ metricName: 'sluice_http_request_seconds_count', value: 5 });
    expect(times?.values.at(-2)?.value).toBeCloseTo(20.0245);
  });
});
