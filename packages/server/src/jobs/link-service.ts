import type { ConnectorRegistry, ConnectorSpec } from '@sluice/core/connector/registry';
import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { OptionGroup, OptionValues } from '@sluice/core/options/option';
import { validateOptions } from '@sluice/core/options/validate';
import { isSamePlace } from '../planner/self-copy.ts';
import type { Egress } from '../runs/egress.ts';
import { runLimits } from '../runs/limits.ts';
import type { RunService } from '../runs/run-service.ts';
import type { TraceRemover } from '../runs/trace-janitor.ts';
import type { SecretBox } from '../secrets/secret-box.ts';
import type { LinkRecord } from '../store/model.ts';
import { ownerView } from '../store/owner-view.ts';
import { Conflict, Gone, type Store } from '../store/store.ts';
import { documentLimits, requireSize } from './document-limits.ts';
import { requireName } from './names.ts';
import {
  openSecrets,
  requireFilledIn,
  sealSecrets,
  splitSecrets,
  withoutPlaceholders,
} from './secret-values.ts';

/** A link as a caller describes it. */
export interface LinkDraft {
  readonly name: string;
  readonly connector: string;
  readonly values: OptionValues;
  readonly isEnabled: boolean;
}

/** A link with the names of the secrets it holds; the secrets themselves never leave the service. */
export interface LinkView {
  readonly link: LinkRecord;
  readonly secretNames: readonly string[];
}

/** A link as whoever connects needs it: options with secrets in clear. */
export interface OpenedLink {
  readonly connector: string;
  readonly values: OptionValues;
  readonly isEnabled: boolean;
}

/** The test of a link found it unusable: `finding` says why. Nothing was stored. */
export class LinkCheckFailure extends Error {
  readonly finding: SluiceError;
  constructor(finding: SluiceError) {
    super(finding.message, { cause: finding });
    this.name = 'LinkCheckFailure';
    this.finding = finding;
  }
}

export interface LinkServiceDeps {
  readonly store: Store;
  readonly registry: ConnectorRegistry;
  readonly secrets: SecretBox;
  readonly runs: Pick<RunService, 'checkLink'>;
  readonly traces: TraceRemover;
  readonly egress: Egress;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** Links of clusters. A link is stored only after it has been tested. */
export class LinkService {
  readonly #deps: LinkServiceDeps;

  constructor(deps: LinkServiceDeps) {
    this.#deps = deps;
  }

  /** The same as one user sees it who is kept apart from the others. */
  seenBy(owner: string): LinkService {
    return new LinkService({ ...this.#deps, store: ownerView(this.#deps.store, owner) });
  }

  /** Tests a link that is not to be stored. @throws what `create` throws, but for the name being taken. */
  async check(clusterId: string, draft: LinkDraft): Promise<void> {
    requireName(draft.name);
    const spec = this.#deps.registry.get(draft.connector);
    await this.#test(clusterId, spec, this.#valid(spec, withoutPlaceholders(spec.link, draft.values)));
  }

  /**
   * Tests the link and stores it.
   * @throws Cdm.0327 name; Cdm.0102 connector; Cdm.0315 name taken; the option codes; LinkCheckFailure.
   */
  async create(clusterId: string, draft: LinkDraft, user: string): Promise<LinkRecord> {
    requireName(draft.name);
    const spec = this.#deps.registry.get(draft.connector);
    const { store, now } = this.#deps;
    if ((await store.links.find(clusterId, draft.name)) !== null) throw taken(draft.name);
    await requireRoom(store, clusterId);
    const values = this.#valid(spec, withoutPlaceholders(spec.link, draft.values));
    await this.#test(clusterId, spec, values);

    const at = now();
    return store.links
      .create({
        clusterId,
        name: draft.name,
        connector: spec.name,
        ...this.#stored(spec, clusterId, values),
        isEnabled: draft.isEnabled,
        createdBy: user,
        createdAt: at,
        updatedBy: user,
        updatedAt: at,
      })
      .catch((error: unknown) => {
        throw error instanceof Conflict ? taken(draft.name) : error;
      });
  }

  /**
   * Stores a link in a transaction of the caller's, without a test: what it leads to is looked at when it is used. A
   * refusal changes nothing there.
   * @throws Cdm.0327 name; Cdm.0102 connector; Cdm.0315 name taken; Cdm.0238 a secret that is only its placeholder; the option codes.
   */
  async createIn(
    tx: Pick<Store, 'links'>,
    clusterId: string,
    draft: LinkDraft,
    user: string,
  ): Promise<LinkRecord> {
    const { registry, now } = this.#deps;
    requireName(draft.name);
    const spec = registry.get(draft.connector);
    if ((await tx.links.find(clusterId, draft.name)) !== null) throw taken(draft.name);
    await requireRoom(tx, clusterId);
    requireFilledIn(spec.link, draft.values);
    const values = this.#valid(spec, draft.values);
    const at = now();
    return await tx.links.create({
      clusterId,
      name: draft.name,
      connector: spec.name,
      ...this.#stored(spec, clusterId, values),
      isEnabled: draft.isEnabled,
      createdBy: user,
      createdAt: at,
      updatedBy: user,
      updatedAt: at,
    });
  }

  /** @throws Cdm.0101 (404) when there is no such link. */
  async find(clusterId: string, name: string): Promise<LinkView> {
    return this.#view(await this.#found(clusterId, name));
  }

  /** All links of the cluster by name. */
  async list(clusterId: string): Promise<readonly LinkView[]> {
    const links = await this.#deps.store.links.list(clusterId);
    return links.map((link) => this.#view(link));
  }

  /** A stored link's secrets in clear: never to be stored or logged. */
  secretsOf(link: LinkRecord): OptionValues {
    return openSecrets(this.#deps.secrets, link.clusterId, link.sealedSecrets);
  }

  /** A stored link with its secrets in clear, for whoever connects: never to be stored, logged or answered. @throws Cdm.0101 (404). */
  async opened(clusterId: string, name: string): Promise<OpenedLink> {
    const link = await this.#found(clusterId, name);
    const values = { ...link.options, ...this.secretsOf(link) };
    return { connector: link.connector, values, isEnabled: link.isEnabled };
  }

  /**
   * A draft's options with defaults and, where a link of this name is stored, with the secrets that an update would keep. In
   * clear: never to be stored, logged or answered.
   * @throws Cdm.0102 connector; Cdm.0317 not the stored link's; the option codes.
   */
  async completed(clusterId: string, draft: LinkDraft): Promise<OptionValues> {
    const { store, secrets, registry } = this.#deps;
    const spec = registry.get(draft.connector);
    const given = withoutPlaceholders(spec.link, draft.values);
    const link = await store.links.find(clusterId, draft.name);
    if (link !== null && link.connector !== draft.connector) {
      throw new SluiceError('Cdm.0317', { link: draft.name });
    }
    const kept = link === null ? {} : openSecrets(secrets, clusterId, link.sealedSecrets);
    if (link !== null) refuseMovedSecrets(spec.link, link.options, given, kept);
    return this.#valid(spec, { ...kept, ...given });
  }

  /**
   * Tests the changed link and stores it in place of the old one. A secret that is missing or only masked keeps its value,
   * unless the link leads elsewhere now.
   * @param isCheckOnly tests and stores nothing.
   * @throws Cdm.0101 (404) no such link; Cdm.0317 another connector; Cdm.0315 new name taken; the option codes; LinkCheckFailure.
   */
  async update(
    clusterId: string,
    name: string,
    draft: LinkDraft,
    user: string,
    isCheckOnly: boolean,
  ): Promise<void> {
    const { store, secrets, registry, now } = this.#deps;
    const link = await this.#found(clusterId, name);
    if (draft.name !== link.name) {
      requireName(draft.name);
      if ((await store.links.find(clusterId, draft.name)) !== null) throw taken(draft.name);
    }
    if (draft.connector !== link.connector) throw new SluiceError('Cdm.0317', { link: name });
    const spec = registry.get(link.connector);
    const given = withoutPlaceholders(spec.link, draft.values);
    const kept = openSecrets(secrets, clusterId, link.sealedSecrets);
    refuseMovedSecrets(spec.link, link.options, given, kept);
    const values = this.#valid(spec, { ...kept, ...given });
    await this.#test(clusterId, spec, values);
    if (isCheckOnly) return;

    const changed: LinkRecord = {
      ...link,
      name: draft.name,
      ...this.#stored(spec, clusterId, values),
      isEnabled: draft.isEnabled,
      updatedBy: user,
      updatedAt: now(),
    };
    // What runs left behind the old address can be reached no more once the link leads elsewhere.
    if (!isSamePlace(link.options, changed.options)) await this.#clearTraces(link);
    await store.links.update(changed).catch((error: unknown) => {
      if (error instanceof Gone) throw missing(name);
      throw error instanceof Conflict ? taken(draft.name) : error;
    });
  }

  /** @throws Cdm.0101 (404) no such link; Cdm.0321 a job uses it. */
  async delete(clusterId: string, name: string): Promise<void> {
    const unused = async (store: Pick<Store, 'links'>): Promise<LinkRecord> => {
      const link = await store.links.find(clusterId, name);
      if (link === null) throw missing(name);
      if ((await store.links.usedBy(clusterId, name)).length === 0) return link;
      throw new SluiceError('Cdm.0321', { link: name }, { status: 400 });
    };
    await this.#clearTraces(await unused(this.#deps.store));
    await this.#deps.store.transaction(async (store) => {
      await unused(store);
      await store.links.delete(clusterId, name);
    });
  }

  /** The link is the only way to what runs left at their destination. */
  async #clearTraces(link: LinkRecord): Promise<void> {
    const scope = { clusterId: link.clusterId, linkId: link.id };
    await this.#deps.traces.removeNow(scope, runLimits.traceClearingMs);
  }

  async #found(clusterId: string, name: string): Promise<LinkRecord> {
    const link = await this.#deps.store.links.find(clusterId, name);
    if (link === null) throw missing(name);
    return link;
  }

  #view(link: LinkRecord): LinkView {
    return { link, secretNames: Object.keys(this.secretsOf(link)) };
  }

  #valid(spec: ConnectorSpec, values: OptionValues): OptionValues {
    requireSize('link', documentLimits.linkBytesMax, values);
    return validateOptions([spec.link], values).values;
  }

  /** Looks where the link points before anything connects to it. */
  async #test(clusterId: string, spec: ConnectorSpec, values: OptionValues): Promise<void> {
    try {
      await this.#deps.egress.check(values);
      await this.#deps.runs.checkLink(clusterId, spec.name, values);
    } catch (error) {
      // That too many are tested at once says nothing about this one.
      const isFinding = error instanceof SluiceError && error.code !== 'APIGW.0308';
      throw isFinding ? new LinkCheckFailure(error) : error;
    }
  }

  #stored(
    spec: ConnectorSpec,
    clusterId: string,
    values: OptionValues,
  ): Pick<LinkRecord, 'options' | 'sealedSecrets'> {
    const { plain, secret } = splitSecrets(spec.link, values);
    return { options: plain, sealedSecrets: sealSecrets(this.#deps.secrets, clusterId, secret) };
  }
}

/** @throws Cdm.0085 when the cluster has as many links as it may. */
async function requireRoom({ links }: Pick<Store, 'links'>, clusterId: string): Promise<void> {
  const max = documentLimits.linksPerClusterMax;
  if ((await links.count(clusterId)) >= max) throw new SluiceError('Cdm.0085', { name: 'links', max });
}

function taken(name: string): SluiceError {
  return new SluiceError('Cdm.0315', { link: name });
}

function missing(name: string): SluiceError {
  return new SluiceError('Cdm.0101', { link: name }, { status: 404 });
}

/**
 * A stored secret was given for one place. Whoever may edit a link but does not know its password could otherwise have it
 * sent to a server of their own.
 * @throws Cdm.0238 naming the secret that has to be given again.
 */
function refuseMovedSecrets(
  group: OptionGroup,
  before: OptionValues,
  given: OptionValues,
  kept: OptionValues,
): void {
  const moved = group.options.find(
    ({ name, isAddress }) => isAddress === true && String(given[name] ?? '') !== String(before[name] ?? ''),
  );
  const missing = Object.keys(kept).find((name) => given[name] === undefined);
  if (moved === undefined || missing === undefined) return;
  throw new SluiceError('Cdm.0238', {
    name: missing,
    ...explained({
      en: `${moved.name} has changed, so ${missing} must be given again.`,
      zh: `${moved.name} 已更改，因此必须重新填写 ${missing}。`,
    }),
  });
}
