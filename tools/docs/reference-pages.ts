import { apiPage } from './api-page.ts';
import { observedPage, observeMembers } from './compat-observation.ts';
import { compatibilityPage } from './compatibility-page.ts';
import { configurationPage } from './configuration-page.ts';
import { connectorsPage } from './connectors-page.ts';
import { errorsPage } from './errors-page.ts';
import type { Page } from './markdown.ts';
import { servedOperations } from './served-operations.ts';
import { typesPage } from './types-page.ts';

/**
 * All generated pages that need no running server, in both languages, and before them the file of what requests and
 * answers were seen to do, from which the page of compatibility is made: when that file changes, write twice.
 */
export async function referencePages(): Promise<readonly Page[]> {
  const served = await servedOperations();
  const pages = (['en', 'zh'] as const).flatMap((language) => [
    apiPage(served, language),
    compatibilityPage(served, language),
    configurationPage(language),
    connectorsPage(language),
    errorsPage(language),
    typesPage(language),
  ]);
  return [observedPage(await observeMembers()), ...pages];
}
