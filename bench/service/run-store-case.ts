import type { StoreCase } from './service-case.ts';
import type { ServiceResult } from './service-result.ts';

export async function runStoreCase(
  value: StoreCase,
  _options: { readonly runs?: number; readonly say: (line: string) => void },
): Promise<ServiceResult> {
  throw new Error(`${value.name} is not there yet`);
}
