interface CatalogEntry {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly endpoints: readonly {
    readonly id: string;
    readonly interface: 'public';
    readonly region: string;
    readonly region_id: string;
    readonly url: string;
  }[];
}

/**
 * The services that clients look for in a token's catalog.
 * @param base address of this server without a slash at the end.
 * @param projectId null with domain scope: then only what needs no project.
 */
export function serviceCatalog(
  base: string,
  region: string,
  projectId: string | null,
): readonly CatalogEntry[] {
  const entry = (type: string, url: string): CatalogEntry => ({
    id: `catalog-${type}`,
    name: type,
    type,
    endpoints: [{ id: `endpoint-${type}`, interface: 'public', region, region_id: region, url }],
  });
  const iam = entry('iam', `${base}/v3`);
  if (projectId === null) return [iam];
  return [
    entry('cdm', `${base}/v1.1/${projectId}`),
    // There is no volume service here. Open Telekom Cloud's Go library derives the address of CDM from this entry, by
    // putting v1.1 for v2.
    entry('volumev2', `${base}/v2/${projectId}`),
    iam,
  ];
}
