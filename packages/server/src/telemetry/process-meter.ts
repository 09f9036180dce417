import { performance } from 'node:perf_hooks';
import { type Meter, type MetricFamily, single } from './metric-family.ts';

/** The server process itself. */
export class ProcessMeter implements Meter {
  #before = performance.eventLoopUtilization();

  families(): readonly MetricFamily[] {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, this.#before);
    this.#before = now;
    const { rss, heapUsed, external } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    return [
      single(
        'process_cpu_seconds_total',
        'counter',
        'CPU time of the server process.',
        (user + system) / 1e6,
      ),
      single('process_resident_memory_bytes', 'gauge', 'Memory of the server process.', rss),
      single('process_start_time_seconds', 'gauge', 'When it started.', performance.timeOrigin / 1_000),
      single('sluice_heap_used_bytes', 'gauge', 'JavaScript heap in use.', heapUsed),
      single('sluice_external_bytes', 'gauge', 'Memory of buffers outside of that heap.', external),
      single(
        'sluice_event_loop_utilization',
        'gauge',
        'Share of the time since the last look in which the event loop worked.',
        Number.isFinite(utilization) ? utilization : 0,
      ),
    ];
  }
}
