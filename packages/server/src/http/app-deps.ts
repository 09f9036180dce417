import type { ConnectorSpec } from '@sluice/core/connector/registry';
import type { FastifyInstance } from 'fastify';
import type { ClusterService } from '../clusters/cluster-service.ts';
import type { AccountService } from '../identity/account-service.ts';
import type { Authenticator } from '../identity/caller.ts';
import type { GroupService } from '../jobs/group-service.ts';
import type { JobService } from '../jobs/job-service.ts';
import type { LinkCatalog } from '../jobs/link-catalog.ts';
import type { LinkService } from '../jobs/link-service.ts';
import type { PlanService } from '../jobs/plan-service.ts';
import type { TransferService } from '../jobs/transfer-service.ts';
import type { VariableService } from '../jobs/variable-service.ts';
import type { WatermarkService } from '../jobs/watermark-service.ts';
import type { Quarantine } from '../runs/quarantine.ts';
import type { RunService } from '../runs/run-service.ts';
import type { VerificationService } from '../runs/verification-desk.ts';
import type { AuditRepository } from '../store/audit-event.ts';
import type { HttpMeter } from '../telemetry/http-meter.ts';
import type { RunLogs } from '../telemetry/run-logs.ts';
import type { ExplorerBundle } from './explorer-bundle.ts';
import type { MetricsRouteDeps } from './metrics-route.ts';
import type { QuickStatusDeps } from './quick-status.ts';
import type { RunFeeds } from './run-feeds.ts';
import type { Trail } from './trail.ts';
import type { ClusterSurroundings } from './wire/cluster.ts';
import type { LinkWriteRules } from './wire/link.ts';

/** What the application needs of the configuration. */
export interface HttpConfig extends LinkWriteRules, ClusterSurroundings {
  /** Zones of the region; the first is the default. */
  readonly zones: readonly [string, ...string[]];
  /** Version of the product. */
  readonly version: string;
  /** Address under which clients reach this server; null: whatever Host they send. */
  readonly publicUrl: string | null;
  /** Limit of a request's body; published: 12 MB. */
  readonly bodyBytesMax: number;
  /** Form of `jobId` in the answer to a restart. */
  readonly jobIdForm: 'sdk' | 'array';
  /** Whether requests are limited per user, operation and minute, as published. */
  readonly rateLimits: boolean;
  /** Users see the links and jobs of their own only; administrators see all. */
  readonly userIsolation: boolean;
}

export interface AppDeps {
  readonly authenticator: Authenticator;
  readonly accounts: AccountService;
  readonly trail: Trail;
  readonly audit: AuditRepository;
  readonly clusters: ClusterService;
  readonly links: LinkService;
  readonly linkCatalog: LinkCatalog;
  readonly jobs: JobService;
  readonly plans: PlanService;
  readonly transfer: TransferService;
  readonly groups: GroupService;
  readonly variables: VariableService;
  readonly quarantine: Quarantine;
  readonly watermarks: WatermarkService;
  readonly verifications: VerificationService;
  readonly runs: Pick<RunService, 'progress' | 'slices' | 'driven'>;
  /** The connectors that links may name, for the compatibility report. */
  readonly connectors: readonly ConnectorSpec[];
  readonly runLogs: Pick<RunLogs, 'sizeOf' | 'read' | 'tail'>;
  readonly feeds: RunFeeds;
  readonly config: HttpConfig;
  /** The page at `/explorer`; without one its address says that it is missing. */
  readonly explorer?: ExplorerBundle | null;
  /** Adds the identity calls (`/v3`); they find `rawBody` and `rawCall` on each request. */
  readonly registerIdentity?: (app: FastifyInstance) => void;
  /** Counts answers by operation; absent: nobody does. */
  readonly httpMeter?: HttpMeter;
  /** Serves `/metrics`; absent: it is not there. */
  readonly metrics?: MetricsRouteDeps;
  /** Unix milliseconds; rate limits go by it. */
  readonly now?: () => number;
  readonly log: (event: string, fields: Readonly<Record<string, unknown>>) => void;
  /** What the status operation is answered from ahead of everything else; without it it goes the way of the others. */
  readonly quickStatus?: Pick<QuickStatusDeps, 'callers' | 'statuses'>;
}
