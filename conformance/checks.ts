/**
 * Every check that each SDK program must report. A program that leaves one out, because it ended early or lost a line
 * of its code, has failed that check. Keyed by operation; the order is that of the walk.
 */
export const EXPECTED_CHECKS: Readonly<Record<string, readonly string[]>> = {
  Credentials: [
    'project id given',
    'project looked up by region',
    'wrong secret key refused',
    'changed body refused',
    'changed query refused',
  ],
  CreateCluster: ['accepted with 202', 'second reaches 200 by way of 100'],
  ShowClusterDetail: ['reaches status 200', 'first node is typed', 'unknown cluster is 404'],
  ListClusters: ['contains the new cluster'],
  CreateLink: [
    'validate only stores nothing',
    'source stored',
    'target stored, through an honest relay',
    'taken name refused',
    'unreachable server refused',
  ],
  ShowLink: ['as sent, without the secret', 'all lists both', 'unknown link is 404'],
  UpdateLink: ['secret kept when absent'],
  CreateJob: ['answers the name', 'taken name refused'],
  ShowJobs: ['one job as sent', 'all of them, NEW before the first start'],
  UpdateJob: ['accepted'],
  StartJob: ['answers a run', 'second run has a higher number', 'running job refused'],
  ShowJobStatus: [
    'NEVER_EXECUTED before the first start',
    'BOOTING or RUNNING while open',
    'ends SUCCEEDED',
    'progress 100 when SUCCEEDED',
    'counters equal the rows moved',
    'no error texts when SUCCEEDED',
    'last editor given',
    'dates are milliseconds',
    'members of 32 bits fit',
    'FAILED with progress -1',
    'error texts when FAILED',
    'no counters when FAILED',
    'FAILED by a stop',
    'FAILURE_ON_SUBMIT with progress -1',
    'unknown job refused',
    'states seen',
  ],
  ShowSubmissions: ['newest first, with counters'],
  StopJob: ['accepted while RUNNING', 'idle job refused'],
  DeleteLink: ['link in use refused', 'gone afterwards'],
  DeleteJob: ['gone afterwards'],
  StopCluster: ['reaches 900 by way of 910', 'gracefully reaches 900 by way of 910'],
  StartCluster: ['reaches 200 by way of 920'],
  RestartCluster: ['service is back at 200 by way of 500', 'machine is back at 200 by way of 500'],
  DeleteCluster: ['second is gone', '202, then 404'],
};

/** What every program reports besides where the scenario has an entire-database job. */
export const BATCH_CHECKS: Readonly<Record<string, readonly string[]>> = {
  ShowJobStatus: ['entire database FAILED, naming the table', 'its tables by {job}_{table}'],
  DeleteJob: ['entire database, whose runs can still be asked for'],
};

/** The check in which a program lists the run states that it has read, and those that must be among them. */
export const STATES_SEEN = {
  check: 'states seen',
  needed: ['NEVER_EXECUTED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'FAILURE_ON_SUBMIT'],
};

/** The check whose request id is compared with the header that the server sent. */
export const RELAYED_REFUSAL = { operation: 'ShowJobStatus', check: 'unknown job refused' };
