import { apiPage } from './api-page.ts';
import { configurationPage } from './configuration-page.ts';
import { connectorsPage } from './connectors-page.ts';
import { errorsPage } from './errors-page.ts';
import type { Page } from './markdown.ts';
import { servedOperations } from './served-operations.ts';

/** All generated pages that need no running server, in both languages. */
export async function referencePages(): Promise<readonly Page[]> {
  const served = await servedOperations();
  return (['en', 'zh'] as const).flatMap((language) => [
    apiPage(served, language),
    configurationPage(language),
    connectorsPage(language),
    errorsPage(language),
  ]);
}
