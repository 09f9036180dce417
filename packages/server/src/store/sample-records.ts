import { randomUUID } from 'node:crypto';
import { type Slice, type SliceCounts, zeroCounts } from '@sluice/core/data/slice';
import type { RunPlan } from '@sluice/engine/work';
import type { ClusterRecord, JobRecord, LinkRecord, RunRecord } from './model.ts';
import type { Store } from './store.ts';

/** Records for tests: valid, different from one another where they must be, and with awkward values where any are allowed. */

export const sampleTime = 1_800_000_000_000;

export function newId(): string {
  return randomUUID().replaceAll('-', '');
}

/** A domain, a project in it and a cluster in that. */
export async function createSampleCluster(store: Store): Promise<ClusterRecord> {
  const domain = { id: newId(), name: `domain-${newId()}` };
  const project = {
    id: newId(),
    name: 'cn-north-4',
    domainId: domain.id,
    description: '',
    isEnabled: true,
  };
  await store.identity.createDomain(domain);
  await store.identity.createProject(project);
  const cluster = sampleCluster(project.id);
  await store.clusters.create(cluster);
  return cluster;
}

export function sampleCluster(projectId: string): ClusterRecord {
  return {
    id: newId(),
    projectId,
    name: 'cdm-测试',
    status: '200',
    flavorId: 'a79fd5ae-1833-448a-88e8-3ea2b913e1f6',
    settings: {
      azId: 'az1',
      tags: [{ key: 'k', value: '"quoted" \u0000 ☃' }],
      nested: { deep: [1, 2.5, null, true] },
    },
    createdAt: sampleTime,
    updatedAt: sampleTime,
    createdBy: 'admin',
  };
}

export function sampleLink(clusterId: string, name: string): Omit<LinkRecord, 'id'> {
  return {
    clusterId,
    name,
    connector: 'generic-jdbc-connector',
    options: { 'linkConfig.host': '10.0.0.1', 'linkConfig.properties': { a: 'b' } },
    sealedSecrets: 'v1:k1:abc',
    isEnabled: true,
    createdBy: 'admin',
    createdAt: sampleTime,
    updatedBy: 'admin',
    updatedAt: sampleTime,
  };
}

export function sampleJob(clusterId: string, name: string): Omit<JobRecord, 'id'> {
  return {
    clusterId,
    name,
    type: 'NORMAL_JOB',
    fromConnector: 'generic-jdbc-connector',
    fromLink: 'source',
    toConnector: 'generic-jdbc-connector',
    toLink: 'target',
    fromOptions: { 'fromJobConfig.tableName': '表' },
    toOptions: { 'toJobConfig.tableName': 't' },
    driverOptions: { 'throttlingConfig.numExtractors': '1' },
    createdBy: 'admin',
    createdAt: sampleTime,
    updatedBy: 'admin',
    updatedAt: sampleTime,
  };
}

export function sampleRun(job: JobRecord, projectId: string): Omit<RunRecord, 'submissionId'> {
  return {
    id: newId(),
    projectId,
    clusterId: job.clusterId,
    jobId: job.id,
    jobName: job.name,
    state: 'queued',
    job,
    variables: { day: '2026-01-01' },
    isAuto: false,
    isDeleteJob: false,
    createdBy: 'admin',
    createdAt: sampleTime,
    startedAt: null,
    updatedAt: sampleTime,
    updatedBy: 'admin',
    endedAt: null,
    stopRequestedBy: null,
    plan: null,
    isPrepared: false,
    counts: zeroCounts,
    failure: null,
    leaseOwner: null,
    leaseUntil: 0,
    fence: 0,
    resumesRunId: null,
    attempt: 0,
    notBefore: 0,
    clockAt: null,
    resolved: null,
    parentRunId: null,
    batch: null,
  };
}

export function samplePlan(sliceCount: number): RunPlan {
  const slices: Slice[] = [];
  for (let no = 0; no < sliceCount; no += 1) {
    slices.push({
      no,
      cut: { from: no * 10, to: no * 10 + 9 },
      label: `id from ${no * 10}`,
      rowsEstimate: null,
    });
  }
  return {
    target: {
      runKey: '0123456789ab',
      sourceColumns: [],
      sourcePrimaryKey: ['id'],
      columnNames: ['id'],
      form: 'rows',
    },
    projection: { form: 'rows', columns: [{ name: 'id', cast: null }] },
    reason: 'test',
    warnings: [],
    slices,
  };
}

export function sampleCounts(rows: number): SliceCounts {
  return {
    rowsRead: rows,
    rowsWritten: rows - 1,
    rowsSkipped: 1,
    bytesRead: rows * 100,
    bytesWritten: rows * 90,
  };
}
