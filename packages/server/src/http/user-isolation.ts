import { isAllowed } from '../identity/rights.ts';
import type { AppDeps } from './app-deps.ts';
import type { Call } from './call.ts';

/**
 * User isolation: whoever does not administer the project sees and touches the links and jobs of his own only.
 * @returns the user to whom this call is confined; null: it sees everything.
 */
export function confinedTo(call: Call, isOn: boolean): string | null {
  return !isOn || isAllowed(call.caller.rights, call.projectId, 'administer') ? null : call.caller.userName;
}

/** The services as that user sees them: what is others' is answered like what does not exist, by every operation. */
export function confinedDeps(deps: AppDeps, owner: string): AppDeps {
  const { runs } = deps;
  const links = deps.links.seenBy(owner);
  const jobs = deps.jobs.seenBy(owner);
  return {
    ...deps,
    links,
    jobs,
    plans: deps.plans.seenBy(owner, jobs),
    linkCatalog: deps.linkCatalog.over(links),
    transfer: deps.transfer.seenBy(owner, links, jobs),
    groups: deps.groups.seenBy(owner, jobs),
    watermarks: deps.watermarks.seenBy(jobs),
    runs: {
      progress: (run) => runs.progress(run),
      slices: (run) => runs.slices(run),
      driven(clusterId, jobName) {
        const run = runs.driven(clusterId, jobName);
        return run?.job.createdBy === owner ? run : null;
      },
    },
  };
}
