import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { projectA, projectB, type SampleApp, sampleApp } from './sample-app.ts';

type Method = Parameters<SampleApp['send']>[0];

let sample: SampleApp;
beforeEach(async () => {
  sample = await sampleApp();
});
afterEach(async () => {
  const { violations } = sample;
  await sample.close();
  expect(violations).toEqual([]);
});

const send = (method: Method, path: string, payload?: object, project = projectA) =>
  sample.send(method, `/v1.1/${project}${path}`, payload, `alice@${project}`);

async function outcome(...args: Parameters<typeof send>): Promise<[number, string]> {
  const answer = await send(...args);
  return [answer.statusCode, answer.json().errCode ?? ''];
}

const instance = {
  availability_zone: 'region-1a',
  nics: [{ securityGroupId: 'sg', 'net-id': 'net' }],
  flavorRef: '5ddb1071-c5d7-40e0-a874-8a032e81a697',
  type: 'cdm',
};

const fullBody = {
  cluster: {
    scheduleBootTime: '',
    isScheduleBootOff: false,
    instances: [instance],
    datastore: { type: 'cdm', version: '1.8.10' },
    scheduleOffTime: '',
    vpcId: 'vpc',
    name: 'cdm-ab82',
    sys_tags: [{ value: 'ep1', key: '_sys_enterprise_project_id' }],
    isAutoOff: false,
  },
  auto_remind: true,
  phone_num: '',
  email: '',
};

async function created(body: object = fullBody): Promise<string> {
  const answer = await send('POST', '/clusters', body);
  expect(answer.statusCode).toBe(202);
  return answer.json().id;
}

describe('create', () => {
  test('is accepted, goes through 100 to 200, and shows what clients read', async () => {
    const answer = await send('POST', '/clusters', fullBody);
    expect(answer.statusCode).toBe(202);
    const { id, ...rest } = answer.json();
    expect(rest).toMatchObject({
      name: 'cdm-ab82',
      datastore: { type: 'cdm', version: '1.8.10' },
      instances: [{ name: 'cdm-ab82-cdm-dn-1-1', type: 'cdm', shard_id: 'dn-1' }],
    });
    const creating = (await send('GET', `/clusters/${id}`)).json();
    expect(creating).toMatchObject({
      status: '100',
      statusDetail: 'Creating',
      actionProgress: { CREATING: '50%' },
    });
    expect(await outcome('GET', `/clusters/${id}/cdm/link/all`)).toEqual([400, 'Cdm.0201']);

    await sample.settle();
    const detail = (await send('GET', `/clusters/${id}`)).json();
    expect(detail).toMatchObject({
      id,
      status: '200',
      statusDetail: 'Normal',
      isFrozen: '0',
      actionProgress: {},
      azName: 'region-1a',
      flavorName: 'cdm.large',
      vpc_id: 'vpc',
      subnet_id: 'net',
      security_group_id: 'sg',
      eps_id: 'ep1',
      scheduleBootTime: '',
      scheduleOffTime: '',
      isAutoOff: false,
      datastore: { type: 'cdm', version: '1.8.10' },
      customerConfig: { failureRemind: 'true' },
    });
    expect(detail.created).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);
    expect(detail.instances).toHaveLength(1);
    expect(detail.instances[0]).toMatchObject({
      flavor: { id: '5ddb1071-c5d7-40e0-a874-8a032e81a697' },
      volume: { size: 100 },
      publicIp: '127.0.0.1',
    });
    expect(detail.instances[0].id).not.toBe(id);
    expect(await outcome('GET', `/clusters/${id}/cdm/link/all`)).toEqual([200, '']);
  });

  test('a cluster may be made to switch itself', async () => {
    const idle = await created({ cluster: { ...fullBody.cluster, isAutoOff: true } });
    const timed = await created({
      cluster: { ...fullBody.cluster, isScheduleBootOff: true, scheduleOffTime: '20:00:00' },
    });
    expect((await send('GET', `/clusters/${idle}`)).json()).toMatchObject({ isAutoOff: true });
    expect((await send('GET', `/clusters/${timed}`)).json()).toMatchObject({
      isScheduleBootOff: true,
      scheduleBootTime: '',
      scheduleOffTime: '20:00:00',
    });
  });

  test('older spellings, a missing version and a missing project tag are taken', async () => {
    const { datastore: _, sys_tags: __, ...cluster } = fullBody.cluster;
    const id = await created({
      cluster: { ...cluster, scheduleBootTime: 'null' },
      autoRemind: false,
      phoneNum: 'null',
    });
    expect((await send('GET', `/clusters/${id}`)).json()).toMatchObject({
      datastore: { version: '2.10.0.300' },
      eps_id: '0',
      customerConfig: { failureRemind: 'false' },
    });
  });

  test.each([
    [{}, 400, 'Cdm.0238'],
    [{ cluster: [] }, 400, 'Cdm.0004'],
    [{ cluster: { ...fullBody.cluster, name: '' } }, 400, 'Cdm.0238'],
    [{ cluster: { ...fullBody.cluster, name: 'x'.repeat(65) } }, 400, 'Cdm.0011'],
    [{ cluster: { ...fullBody.cluster, vpcId: undefined } }, 400, 'Cdm.0238'],
    [{ cluster: { ...fullBody.cluster, instances: [] } }, 400, 'Cdm.0238'],
    [{ cluster: { ...fullBody.cluster, instances: ['x'] } }, 400, 'Cdm.0004'],
    [{ cluster: { ...fullBody.cluster, instances: [{ ...instance, nics: undefined }] } }, 400, 'Cdm.0238'],
    [
      {
        cluster: { ...fullBody.cluster, instances: [{ ...instance, nics: Array(3).fill(instance.nics[0]) }] },
      },
      400,
      'Cdm.0011',
    ],
    [{ cluster: { ...fullBody.cluster, instances: [{ ...instance, flavorRef: 'none' }] } }, 404, 'Cdm.0001'],
    [{ cluster: { ...fullBody.cluster, isScheduleBootOff: true } }, 400, 'Cdm.0238'],
    [
      {
        cluster: {
          ...fullBody.cluster,
          isAutoOff: 'true',
          isScheduleBootOff: true,
          scheduleOffTime: '20:00',
        },
      },
      400,
      'Cdm.0014',
    ],
    [{ cluster: { ...fullBody.cluster, scheduleOffTime: '8 pm' } }, 400, 'Cdm.0011'],
    [{ ...fullBody, phone_num: '1,'.repeat(21) }, 400, 'Cdm.0011'],
    [{ cluster: { ...fullBody.cluster, isAutoOff: 7 } }, 400, 'Cdm.0004'],
  ])('%j is refused', async (body, status, code) => {
    expect(await outcome('POST', '/clusters', body)).toEqual([status, code]);
    expect((await send('GET', '/clusters')).json()).toEqual({ clusters: [] });
  });
});

test('the list shows every cluster of the project, with the node members that a list leaves null', async () => {
  const first = await created();
  const second = await created();
  const { clusters } = (await send('GET', '/clusters')).json();
  expect(clusters.map(({ id }: { id: string }) => id)).toEqual([first, second]);
  expect(clusters[0].instances[0]).toMatchObject({
    flavor: null,
    volume: null,
    actions: null,
    links: null,
    resource: null,
    publicIp: '127.0.0.1',
  });
  expect((await send('GET', '/clusters', undefined, projectB)).json()).toEqual({ clusters: [] });
});

describe('delete', () => {
  test('is accepted, then the cluster is gone: 404', async () => {
    const id = await sample.makeCluster(projectA);
    const answer = await send('DELETE', `/clusters/${id}`, { keep_last_manual_backup: 0 });
    expect(answer.statusCode).toBe(202);
    expect(answer.json().jobId).toMatch(/^[0-9a-f]{32}$/);
    expect((await send('GET', `/clusters/${id}`)).json().statusDetail).toBe('Deleting');
    expect(await outcome('GET', `/clusters/${id}/cdm/link/all`)).toEqual([400, 'Cdm.0201']);
    await sample.settle();
    expect(await outcome('GET', `/clusters/${id}`)).toEqual([404, 'Cdm.0001']);
    expect(await outcome('DELETE', `/clusters/${id}`)).toEqual([404, 'Cdm.0001']);
  });

  test('asked twice, it is one deletion', async () => {
    const id = await sample.makeCluster(projectA);
    const first = (await send('DELETE', `/clusters/${id}`, { KeepLastManualBackup: 0 })).json();
    expect((await send('DELETE', `/clusters/${id}`)).json()).toEqual(first);
  });

  test("another project's cluster and a missing one give the same answer, and nothing happens", async () => {
    const id = await sample.makeCluster(projectA);
    for (const method of ['GET', 'DELETE'] as const) {
      const foreign = await send(method, `/clusters/${id}`, undefined, projectB);
      const missing = await send(method, '/clusters/none', undefined, projectB);
      expect(foreign.statusCode).toBe(404);
      expect({ ...foreign.json(), request_id: '' }).toEqual({ ...missing.json(), request_id: '' });
    }
    expect(sample.timers).toEqual([]);
    expect((await send('GET', `/clusters/${id}`)).statusCode).toBe(200);
  });
});

describe('catalogue', () => {
  test('datastores lead to flavors, flavors to details, all with the types that clients read', async () => {
    const { datastores } = (await send('GET', '/datastores')).json();
    const [datastore] = datastores;
    const flavors = (await send('GET', `/datastores/${datastore.id}/flavors`)).json();
    expect(flavors.versions[0].name).toBe(datastore.defaultVersion);
    expect(
      flavors.versions[0].flavors.map(({ name, cpu, ram }: Record<string, unknown>) => [name, cpu, ram]),
    ).toEqual([
      ['cdm.small', 2, 4],
      ['cdm.medium', 4, 8],
      ['cdm.large', 8, 16],
      ['cdm.xlarge', 16, 32],
      ['cdm.4xlarge', 64, 128],
    ]);
    for (const flavor of flavors.versions[0].flavors) {
      const detail = (await send('GET', `/flavors/${flavor.str_id}`)).json();
      expect(detail.name).toBe(flavor.name);
      expect(detail.flavor_detail).toContainEqual({ name: 'cpu', value: String(flavor.cpu) });
    }
    expect((await send('GET', '/regions/region-1/availability_zones')).json()).toMatchObject({
      regionId: 'region-1',
      defaultAZ: 'region-1a',
      availableZones: [{ availableZoneCode: 'region-1a', azStatus: 'Available' }],
    });
  });

  test.each(['/datastores/none/flavors', '/flavors/none', '/regions/none/availability_zones'])(
    '%s: 404',
    async (path) => {
      expect(await outcome('GET', path)).toEqual([404, 'Cdm.0001']);
    },
  );
});
