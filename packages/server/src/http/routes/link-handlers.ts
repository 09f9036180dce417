import type { OperationId } from '@sluice/contract/operation';
import { allNames } from '@sluice/contract/parameters';
import type { ClusterService } from '../../clusters/cluster-service.ts';
import type { LinkService } from '../../jobs/link-service.ts';
import { type Call, type Handler, parameterOf, queryText } from '../call.ts';
import { type LinkWriteRules, readLink, writeLink } from '../wire/link.ts';

export interface LinkHandlerDeps {
  readonly clusters: ClusterService;
  readonly links: LinkService;
  readonly linkRules: LinkWriteRules;
}

export function linkHandlers(deps: LinkHandlerDeps): Partial<Record<OperationId, Handler>> {
  const { clusters, links, linkRules } = deps;

  async function clusterOf(call: Call): Promise<string> {
    const cluster = await clusters.requireUsable(call.projectId, parameterOf(call, 'cluster_id'));
    return cluster.id;
  }

  /** Every link, and two texts on which pairs of connectors go together, whose form is not published: empty, all go. */
  async function listAll(call: Call): Promise<object> {
    const found = await links.list(await clusterOf(call));
    return {
      links: found.map((link) => writeLink(link, linkRules)),
      'fromTo-unMapping': '',
      'batchFromTo-mapping': '',
    };
  }

  return {
    ListLinksUnnamed: listAll,

    async ShowLink(call) {
      const name = parameterOf(call, 'link_name');
      if (name === allNames) return listAll(call);
      return { links: [writeLink(await links.find(await clusterOf(call), name), linkRules)] };
    },

    async CreateLink(call) {
      const clusterId = await clusterOf(call);
      const draft = readLink(call.json());
      if (isCheckOnly(call)) await links.check(clusterId, draft);
      else await links.create(clusterId, draft, call.caller.userName);
      return { name: draft.name, 'validation-result': [{}] };
    },

    async UpdateLink(call) {
      const clusterId = await clusterOf(call);
      const name = parameterOf(call, 'link_name');
      await links.update(clusterId, name, readLink(call.json()), call.caller.userName, isCheckOnly(call));
      return { 'validation-result': [{}] };
    },

    async DeleteLink(call) {
      await links.delete(await clusterOf(call), parameterOf(call, 'link_name'));
      return {};
    },
  };
}

/** `validate` is the text `true`; absent and any other text mean no. */
function isCheckOnly(call: Call): boolean {
  return queryText(call, 'validate')?.trim().toLowerCase() === 'true';
}
