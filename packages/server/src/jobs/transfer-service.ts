import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { OptionValues } from '@sluice/core/options/option';
import type { JobRecord, LinkRecord } from '../store/model.ts';
import { ownerView } from '../store/owner-view.ts';
import { Conflict, type Store } from '../store/store.ts';
import type { JobDraft, JobService } from './job-service.ts';
import type { LinkDraft, LinkService } from './link-service.ts';
import { transferLimits } from './transfer-limits.ts';

/** What is to be exported. Lists that are null choose nothing by themselves. */
export interface Selection {
  readonly kinds: 'all' | 'links' | 'jobs';
  readonly jobNames: readonly string[] | null;
  readonly jobGroups: readonly string[] | null;
  readonly linkNames: readonly string[] | null;
}

/** A link to be exported, with the names of its secrets, and with the secrets themselves where they are to leave. */
export interface ExportedLink {
  readonly link: LinkRecord;
  readonly secretNames: readonly string[];
  readonly secrets: OptionValues | null;
}

export interface Exported {
  readonly links: readonly ExportedLink[];
  readonly jobs: readonly JobRecord[];
}

/** One entry of a file: what it describes, or why that cannot be read. */
export type ImportItem =
  | { readonly kind: 'link'; readonly name: string; readonly draft: LinkDraft | SluiceError }
  | { readonly kind: 'job'; readonly name: string; readonly draft: JobDraft | SluiceError };

/** What became of an entry. */
export interface ImportOutcome {
  readonly kind: 'link' | 'job';
  readonly name: string;
  readonly outcome: 'created' | 'skipped' | 'refused';
  readonly isScheduled: boolean;
  /** null: created. */
  readonly finding: SluiceError | null;
}

export interface TransferServiceDeps {
  readonly store: Store;
  readonly links: LinkService;
  readonly jobs: JobService;
}

/** Ends the transaction of an import that is only tried. */
class DryRunEnded extends Error {
  readonly outcomes: readonly ImportOutcome[];
  constructor(outcomes: readonly ImportOutcome[]) {
    super('everything was only tried');
    this.outcomes = outcomes;
  }
}

/** Links and jobs of clusters as files. */
export class TransferService {
  readonly #deps: TransferServiceDeps;

  constructor(deps: TransferServiceDeps) {
    this.#deps = deps;
  }

  /** The same as one user sees it who is kept apart from the others. @param links and `jobs` as that user sees them. */
  seenBy(owner: string, links: LinkService, jobs: JobService): TransferService {
    return new TransferService({ store: ownerView(this.#deps.store, owner), links, jobs });
  }

  /**
   * What a selection holds, by name.
   * @param withSecrets secrets in clear, for a file under a passphrase: never to be stored or logged.
   * @throws Cdm.0101 or Cdm.0100 (400) for a name that is not there; Cdm.0014 a group that is not; too much for one file.
   */
  async select(clusterId: string, selection: Selection, withSecrets: boolean): Promise<Exported> {
    const { kinds, jobNames, jobGroups, linkNames } = selection;
    const jobs = kinds === 'links' ? [] : await this.#jobs(clusterId, jobNames, jobGroups);
    const isPart = jobNames !== null || jobGroups !== null || linkNames !== null;
    const used = jobs.flatMap(({ fromLink, toLink }) => [fromLink, toLink]);
    const wanted = isPart ? [...(linkNames ?? []), ...(kinds === 'all' ? used : [])] : null;
    const takesAll = wanted === null || (kinds === 'links' && linkNames === null);
    const links = kinds === 'jobs' ? [] : await this.#links(clusterId, takesAll ? null : wanted, withSecrets);
    return { links, jobs };
  }

  /**
   * Creates what is new and leaves alone what is there: links first, for jobs name them. All in one transaction; an entry
   * that is refused keeps no other from being created.
   * @param isDryRun goes through all of it and takes it back.
   */
  async import(
    clusterId: string,
    items: readonly ImportItem[],
    user: string,
    isDryRun: boolean,
  ): Promise<readonly ImportOutcome[]> {
    try {
      return await this.#deps.store.transaction(async (tx) => {
        const outcomes: ImportOutcome[] = [];
        for (const item of items) outcomes.push(await this.#take(tx, clusterId, item, user));
        if (isDryRun) throw new DryRunEnded(outcomes);
        return outcomes;
      });
    } catch (error) {
      if (error instanceof DryRunEnded) return error.outcomes;
      throw error;
    }
  }

  async #take(
    tx: Omit<Store, 'transaction' | 'close'>,
    clusterId: string,
    item: ImportItem,
    user: string,
  ): Promise<ImportOutcome> {
    const { kind, name, draft } = item;
    const become = (outcome: ImportOutcome['outcome'], finding: SluiceError | null, isScheduled = false) => {
      return { kind, name, outcome, finding, isScheduled };
    };
    if (draft instanceof SluiceError) return become('refused', draft);
    try {
      if (item.kind === 'link') {
        await this.#deps.links.createIn(tx, clusterId, draft as LinkDraft, user);
        return become('created', null);
      }
      const job = await this.#deps.jobs.createIn(tx, clusterId, draft as JobDraft, user);
      return become('created', null, (await tx.timers.find(job.id))?.dueAt != null);
    } catch (error) {
      // Somebody else has the name, unseen or since a moment ago; the statement itself has not failed.
      if (error instanceof Conflict) return become('skipped', taken(item));
      if (!(error instanceof SluiceError)) throw error;
      const isThere = error.code === 'Cdm.0315' || error.code === 'Cdm.0104';
      return become(isThere ? 'skipped' : 'refused', error);
    }
  }

  /** By name; both lists null: all of them. */
  async #jobs(
    clusterId: string,
    names: readonly string[] | null,
    groups: readonly string[] | null,
  ): Promise<readonly JobRecord[]> {
    const { store } = this.#deps;
    const found = new Map<string, JobRecord>();
    let bytes = 0;
    const take = (job: JobRecord): void => {
      if (found.has(job.name)) return;
      found.set(job.name, job);
      // The file has names of groups and members around them, so it is not smaller than these.
      for (const block of [job.fromOptions, job.toOptions, job.driverOptions])
        bytes += JSON.stringify(block).length;
      if (found.size > transferLimits.itemsMax || bytes > transferLimits.fileBytesMax) throw tooMuch();
    };
    const takeAll = async (group: string | null): Promise<void> => {
      for (let pageNo = 1; ; pageNo++) {
        const filter = { type: null, filter: '', pageNo, pageSize: transferLimits.jobsPerLook };
        const { jobs, total } = await store.jobs.list(
          clusterId,
          group === null ? filter : { ...filter, group },
        );
        for (const job of jobs) take(job);
        if (jobs.length === 0 || pageNo * transferLimits.jobsPerLook >= total) return;
      }
    };
    if (names === null && groups === null) await takeAll(null);
    for (const group of groups ?? []) await takeAll(group);
    for (const name of names ?? []) {
      const job = await store.jobs.find(clusterId, name);
      if (job === null) throw new SluiceError('Cdm.0100', { job: name }, { status: 400 });
      take(job);
    }
    return [...found.values()].sort(byName);
  }

  /** @param names null: all of them. */
  async #links(
    clusterId: string,
    names: readonly string[] | null,
    withSecrets: boolean,
  ): Promise<readonly ExportedLink[]> {
    const { store, links } = this.#deps;
    const all = await store.links.list(clusterId);
    const wanted = new Set(names);
    for (const name of wanted) {
      if (!all.some((link) => link.name === name)) {
        throw new SluiceError('Cdm.0101', { link: name }, { status: 400 });
      }
    }
    const chosen = names === null ? all : all.filter(({ name }) => wanted.has(name));
    return chosen.map((link) => {
      const secrets = links.secretsOf(link);
      return { link, secretNames: Object.keys(secrets), secrets: withSecrets ? secrets : null };
    });
  }
}

function taken({ kind, name }: ImportItem): SluiceError {
  return kind === 'link'
    ? new SluiceError('Cdm.0315', { link: name })
    : new SluiceError('Cdm.0104', { job: name });
}

function byName(one: { readonly name: string }, other: { readonly name: string }): number {
  return one.name < other.name ? -1 : one.name > other.name ? 1 : 0;
}

/** More than one file may hold. */
export function tooMuch(): SluiceError {
  return new SluiceError('Cdm.0014', {
    name: 'job_names',
    cause: `the file would be larger than ${transferLimits.fileBytesMax / 1024 / 1024} MB, which no import takes: export it in parts, by groups or names`,
  });
}
