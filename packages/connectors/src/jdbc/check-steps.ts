import type { CheckStep } from '@sluice/core/connector/contract';
import type { Inspector } from '@sluice/core/connector/inspection';

/** The check of a link before it is saved: all stages but the rights to write, which not every link needs. @throws the finding. */
export async function checkSteps(inspector: Inspector): Promise<readonly CheckStep[]> {
  const steps: CheckStep[] = [];
  let begun = performance.now();
  await inspector.walk({ isDestination: false, schema: null }, (step) => {
    const now = performance.now();
    steps.push({ step, ok: true, ms: Math.round(now - begun) });
    begun = now;
  });
  return steps;
}
