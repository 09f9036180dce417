import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Reporter, TestCase, TestModule, Vitest } from 'vitest/node';
import type { SkippedTest, TestReport } from './report.ts';

/** Names the file that the report is written to. */
export const REPORT_PATH_VARIABLE = 'SLUICE_TEST_REPORT';

/**
 * Writes the figures that main.ts closes with. Vitest's own JSON report leaves out what we want most: why a
 * test was skipped. A file says so with a line on stderr that begins with or contains "skipped" (`console.warn`),
 * a test with `context.skip(reason)`.
 */
export default class ReportWriter implements Reporter {
  #root = process.cwd();
  readonly #reasons = new Map<string, string[]>();

  onInit(vitest: Vitest): void {
    this.#root = vitest.config.root;
  }

  onUserConsoleLog(log: { readonly content: string; readonly type: string; readonly taskId?: string }): void {
    if (log.type !== 'stderr' || !log.taskId) return;
    const reasons = log.content.split('\n').filter((line) => /\bskip(ped|ping|s)?\b/i.test(line));
    if (reasons.length === 0) return;
    // A test's id begins with its module's.
    const [module = log.taskId] = log.taskId.split('_');
    this.#reasons.set(module, [...(this.#reasons.get(module) ?? []), ...reasons]);
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly { readonly message: string }[]): void {
    let passed = 0;
    let failed = 0;
    const skipped: SkippedTest[] = [];
    const broken: { file: string; message: string }[] = [];
    for (const module of modules) {
      const file = path.relative(this.#root, module.moduleId);
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') passed += 1;
        else if (state === 'skipped')
          skipped.push({ file, name: test.fullName, reason: this.#reasonOf(test) });
        // A test that is still pending at the end of the run did not pass.
        else failed += 1;
      }
      for (const owner of [module, ...module.children.allSuites()]) {
        for (const error of owner.errors()) broken.push({ file, message: firstLine(error.message) });
      }
    }
    for (const error of unhandled) broken.push({ file: 'unhandled', message: firstLine(error.message) });
    const report: TestReport = { passed, failed, skipped, broken };
    const target = process.env[REPORT_PATH_VARIABLE];
    if (target) writeFileSync(target, JSON.stringify(report));
  }

  #reasonOf(test: TestCase): string | null {
    const result = test.result();
    if (result.state === 'skipped' && result.note) return result.note;
    const said = this.#reasons.get(test.module.id);
    if (said) return [...new Set(said)].join('; ');
    return test.options.mode === 'todo' ? 'to do' : null;
  }
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
