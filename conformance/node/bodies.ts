import type { Group, JobScenario, LinkScenario, Scenario } from '../program-inputs.ts';

// Request bodies, from what the scenario says.

export function clusterBody(wanted: Scenario['cluster'], name: string, flavorId: string): object {
  const nics = [{ securityGroupId: wanted.securityGroupId, 'net-id': wanted.subnetId }];
  return {
    auto_remind: false,
    cluster: {
      name,
      vpcId: wanted.vpcId,
      isAutoOff: false,
      isScheduleBootOff: false,
      datastore: { type: 'cdm', version: wanted.version },
      instances: [{ type: 'cdm', flavorRef: flavorId, availability_zone: wanted.availabilityZone, nics }],
    },
  };
}

export function linkBody(link: LinkScenario, withSecret: boolean): object {
  const configs = link.configs.map((group: Group) => ({
    ...group,
    inputs: group.inputs.filter((input) => withSecret || input.value !== link.secret),
  }));
  const values = { configs };
  return {
    links: [
      { name: link.name, 'connector-name': link.connector, enabled: true, 'link-config-values': values },
    ],
  };
}

export function jobBody(job: JobScenario, type: 'NORMAL_JOB' | 'BATCH_JOB' = 'NORMAL_JOB'): object {
  return {
    jobs: [
      {
        name: job.name,
        job_type: type,
        'from-connector-name': job.fromConnector,
        'from-link-name': job.fromLink,
        'from-config-values': { configs: job.from },
        'to-connector-name': job.toConnector,
        'to-link-name': job.toLink,
        'to-config-values': { configs: job.to },
        'driver-config-values': { configs: job.driver },
      },
    ],
  };
}
