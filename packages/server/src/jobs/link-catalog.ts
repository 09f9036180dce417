import type {
  CheckPurpose,
  ListPage,
  NameList,
  Preview,
  StageResult,
  TableEntry,
  TableRef,
} from '@sluice/core/connector/inspection';
import type { TableShape } from '@sluice/core/data/column';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { runLimits } from '../runs/limits.ts';
import type { LinkInspection } from '../runs/link-inspector.ts';
import type { LinkDraft, LinkService } from './link-service.ts';

export interface LinkCatalogDeps {
  readonly links: LinkService;
  readonly inspection: LinkInspection;
}

/** What is behind the links of clusters: whether it can be reached, its tables, and their first rows. */
export class LinkCatalog {
  readonly #deps: LinkCatalogDeps;

  constructor(deps: LinkCatalogDeps) {
    this.#deps = deps;
  }

  /** The same over links as one user sees them. */
  over(links: LinkService): LinkCatalog {
    return new LinkCatalog({ ...this.#deps, links });
  }

  /** Tests a stored link stage by stage. @throws Cdm.0101 (404) no such link. */
  async test(clusterId: string, name: string, purpose: CheckPurpose): Promise<readonly StageResult[]> {
    const { connector, values } = await this.#deps.links.opened(clusterId, name);
    const timeLimitMs = runLimits.stagedTestMs;
    return await this.#deps.inspection.ask(clusterId, connector, values, {
      what: 'stages',
      purpose,
      timeLimitMs,
    });
  }

  /**
   * Tests a link as a caller describes it. A draft with the name of a stored link goes on with its secrets, under the rules
   * of an update.
   * @throws the option codes; Cdm.0102 connector; Cdm.0317 not the stored link's.
   */
  async testDraft(
    clusterId: string,
    draft: LinkDraft,
    purpose: CheckPurpose,
  ): Promise<readonly StageResult[]> {
    const values = await this.#deps.links.completed(clusterId, draft);
    const timeLimitMs = runLimits.stagedTestMs;
    return await this.#deps.inspection.ask(clusterId, draft.connector, values, {
      what: 'stages',
      purpose,
      timeLimitMs,
    });
  }

  /** @throws Cdm.0101 (404) no such link; what its system answers. */
  async schemas(clusterId: string, name: string, page: ListPage): Promise<NameList<string>> {
    const { connector, values } = await this.#deps.links.opened(clusterId, name);
    return await this.#deps.inspection.ask(clusterId, connector, values, { what: 'schemas', page });
  }

  /** @throws as `schemas`. */
  async tables(
    clusterId: string,
    name: string,
    schema: string,
    page: ListPage,
  ): Promise<NameList<TableEntry>> {
    const { connector, values } = await this.#deps.links.opened(clusterId, name);
    return await this.#deps.inspection.ask(clusterId, connector, values, { what: 'tables', schema, page });
  }

  /** @throws as `schemas`; Cdm.0900 no such table. */
  async columns(clusterId: string, name: string, table: TableRef): Promise<TableShape> {
    const { connector, values } = await this.#deps.links.opened(clusterId, name);
    return await this.#deps.inspection.ask(clusterId, connector, values, { what: 'columns', table });
  }

  /** The first rows of a table. @param rowsMax at most `runLimits.previewRowsMax`. @throws as `columns`; Cdm.0060 the link is disabled. */
  async preview(clusterId: string, name: string, table: TableRef, rowsMax: number): Promise<Preview> {
    const { connector, values, isEnabled } = await this.#deps.links.opened(clusterId, name);
    if (!isEnabled) throw new SluiceError('Cdm.0060', { link: name });
    const limits = {
      rowsMax,
      bytesMax: runLimits.previewBytesMax,
      valueCharsMax: runLimits.previewValueCharsMax,
      timeLimitMs: runLimits.previewMs,
    };
    return await this.#deps.inspection.ask(clusterId, connector, values, { what: 'rows', table, limits });
  }
}
