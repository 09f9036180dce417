import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { projectA, projectB, type SampleApp, type SampleSettings, sampleApp } from './sample-app.ts';
import { jobBody, linkBody } from './sample-documents.ts';

type Method = Parameters<SampleApp['send']>[0];

let sample: SampleApp;
let id: string;

async function open(settings: SampleSettings = {}): Promise<void> {
  sample = await sampleApp(settings);
  id = await sample.makeCluster(projectA);
}
beforeEach(() => open());
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

const act = (body: object) => send('POST', `/clusters/${id}/action`, body);
const detail = async () => (await send('GET', `/clusters/${id}`)).json();

const stop = { stop: { stopMode: 'IMMEDIATELY' } };
const start = { start: {} };

async function stopped(): Promise<void> {
  expect((await act(stop)).statusCode).toBe(200);
  await sample.settle();
  expect((await detail()).status).toBe('900');
}

/** Two links, and a job between them that stands still once it is started. */
async function makeJob(name = 'j'): Promise<void> {
  for (const link of ['source', 'target']) await send('POST', `/clusters/${id}/cdm/link`, linkBody(link));
  const made = await send('POST', `/clusters/${id}/cdm/job`, jobBody(name));
  expect(made.statusCode).toBe(200);
}
const startJob = (name = 'j') => outcome('PUT', `/clusters/${id}/cdm/job/${name}/start`);

describe('stop and start', () => {
  test('a stop reads 910, then 900; the answer is a list of one task', async () => {
    const answer = await act(stop);
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({ jobId: [expect.stringMatching(/^[0-9a-f]{32}$/)] });
    expect(await detail()).toMatchObject({
      status: '910',
      statusDetail: 'Stopping',
      task: { id: answer.json().jobId[0], name: 'stopCluster' },
      actionProgress: {},
      instances: [{ status: '200' }],
    });
    await sample.settle();
    const after = await detail();
    expect(after).toMatchObject({ status: '900', statusDetail: 'Stopped', config_status: 'In-Sync' });
    expect(after.task).toBeUndefined();
    const { clusters } = (await send('GET', '/clusters')).json();
    expect(clusters).toMatchObject([{ id, status: '900', instances: [{ flavor: null }] }]);
  });

  test('a start reads 920, then 200', async () => {
    await stopped();
    const answer = await act(start);
    expect([answer.statusCode, answer.json().jobId.length]).toEqual([200, 1]);
    expect(await detail()).toMatchObject({
      status: '920',
      statusDetail: 'Starting',
      config_status: 'Applying',
    });
    await sample.settle();
    expect(await detail()).toMatchObject({ status: '200', statusDetail: 'Normal' });
  });

  test('the published form of the example and what older clients send', async () => {
    for (const body of [
      { stop: { stopMode: 'GRACEFULLY', delayTime: -1 } },
      { stop: {} },
      { stop: { stop: {} } },
      { stop: null },
      { stop: { stopMode: 'gracefully', delayTime: '5' } },
    ]) {
      expect([body, (await act(body)).statusCode]).toEqual([body, 200]);
      await sample.settle();
      expect((await detail()).status).toBe('900');
      await act({ start: null });
      await sample.settle();
    }
  });

  test('a stopped cluster refuses whatever concerns its links and jobs, and keeps them', async () => {
    await makeJob();
    await stopped();
    const job = `/clusters/${id}/cdm/job`;
    for (const [method, path, body] of [
      ['POST', `/clusters/${id}/cdm/link`, linkBody('other')],
      ['GET', `/clusters/${id}/cdm/link/all`, undefined],
      ['GET', `/clusters/${id}/cdm/link`, undefined],
      ['PUT', `/clusters/${id}/cdm/link/source`, linkBody('source')],
      ['DELETE', `/clusters/${id}/cdm/link/source`, undefined],
      ['POST', job, jobBody('k')],
      ['GET', `${job}/j`, undefined],
      ['GET', `${job}/all`, undefined],
      ['PUT', `${job}/j`, jobBody('j')],
      ['DELETE', `${job}/j`, undefined],
      ['PUT', `${job}/j/start`, undefined],
      ['PUT', `${job}/j/stop`, undefined],
      ['GET', `${job}/j/status`, undefined],
      ['GET', `/clusters/${id}/cdm/submissions?jname=j`, undefined],
    ] as const) {
      expect([method, path, await outcome(method, path, body)]).toEqual([method, path, [400, 'Cdm.0201']]);
    }
    await act(start);
    await sample.settle();
    expect((await send('GET', `${job}/j`)).json().jobs[0].name).toBe('j');
  });

  test('IMMEDIATELY ends the runs, by whoever stops', async () => {
    await makeJob();
    expect(await startJob()).toEqual([200, '']);
    await stopped();
    const run = await sample.store.runs.latest(id, 'j');
    expect(run).toMatchObject({ state: 'stopped', stopRequestedBy: 'alice' });
  });

  test('GRACEFULLY waits for the runs and takes no new ones; what runs can be looked at and stopped', async () => {
    await makeJob();
    await makeJob('k');
    await startJob();
    await act({ stop: { stopMode: 'GRACEFULLY', delayTime: -1 } });
    await sample.settle();
    expect((await detail()).status).toBe('910');
    expect(await startJob('k')).toEqual([400, 'Cdm.0201']);
    const job = `/clusters/${id}/cdm/job/j`;
    expect((await send('GET', `${job}/status`)).json().submissions[0].status).toBe('BOOTING');
    expect(await outcome('GET', `/clusters/${id}/cdm/submissions?jname=j`)).toEqual([200, '']);
    expect(await outcome('DELETE', job)).toEqual([400, 'Cdm.0201']);
    expect(await outcome('PUT', `${job}/stop`)).toEqual([200, '']);
    await sample.settle();
    expect((await detail()).status).toBe('900');
  });

  test('GRACEFULLY waits no longer than its time, then stops the runs', async () => {
    await makeJob();
    await startJob();
    await act({ stop: { stopMode: 'GRACEFULLY', delayTime: 60 } });
    sample.passTime(59_000);
    await sample.settle();
    expect((await detail()).status).toBe('910');
    sample.passTime(1_000);
    await sample.settle();
    expect((await detail()).status).toBe('900');
    expect(await sample.store.runs.latest(id, 'j')).toMatchObject({ state: 'stopped' });
  });
});

describe('restart', () => {
  test.each([
    { restart: { instance: '', type: 'cdm', group: '' } },
    {
      restart: {
        restartDelayTime: 0,
        restartMode: 'FORCELY',
        restartLevel: 'VM',
        type: 'cdm',
        instance: '',
        group: '',
      },
    },
    { restart: { type: 'cdm', restartMode: 'GRACEFULL', restartLevel: 'VM' } },
    { restart: {} },
  ])('%j: 200, then 500 with REBOOTING, then 200; the task is text', async (body) => {
    const answer = await act(body);
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({ jobId: expect.stringMatching(/^[0-9a-f]{32}$/) });
    expect(await detail()).toMatchObject({
      status: '500',
      statusDetail: 'Restarting',
      actions: ['REBOOTING'],
      config_status: 'Applying',
      instances: [{ status: '200', actions: ['REBOOTING'] }],
    });
    expect((await send('GET', '/clusters')).json().clusters[0].status).toBe('500');
    expect(await outcome('POST', `/clusters/${id}/cdm/link`, linkBody('l'))).toEqual([400, 'Cdm.0201']);
    await sample.settle();
    expect(await detail()).toMatchObject({ status: '200', actions: [] });
  });

  test('a delay is waited for, SOFTLY only as long as runs last', async () => {
    await act({ restart: { type: 'cdm', restartDelayTime: 30 } });
    await sample.settle();
    expect((await detail()).status).toBe('500');
    sample.passTime(30_000);
    await sample.settle();
    expect((await detail()).status).toBe('200');
    await act({ restart: { type: 'cdm', restartMode: 'SOFTLY', restartDelayTime: 30 } });
    await sample.settle();
    expect((await detail()).status).toBe('200');
  });

  test('runs outlive a restart', async () => {
    await makeJob();
    await startJob();
    await act({ restart: { type: 'cdm', restartMode: 'FORCELY' } });
    await sample.settle();
    expect((await detail()).status).toBe('200');
    expect(await sample.store.runs.latest(id, 'j')).toMatchObject({ state: 'queued' });
  });

  test('with jobIdForm array the task is a list, which Terraform reads', async () => {
    await sample.close();
    await open({ jobIdForm: 'array' });
    const { jobId } = (await act({ restart: { type: 'cdm' } })).json();
    expect(jobId).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/)]);
    // The contract's schema is that of the default form.
    expect(sample.violations.splice(0)).toHaveLength(1);
  });
});

describe('refused', () => {
  test.each([
    [{}, 'Cdm.0238'],
    [[], 'Cdm.0238'],
    [{ reboot: {} }, 'Cdm.0238'],
    [{ restart: {}, stop: {} }, 'Cdm.0014'],
    [{ stop: 'now' }, 'Cdm.0004'],
    [{ stop: { stopMode: 'LATER' } }, 'Cdm.0011'],
    [{ stop: { stopMode: 'toString' } }, 'Cdm.0011'],
    [{ stop: { stopMode: 'GRACEFULLY', delayTime: -2 } }, 'Cdm.0024'],
    [{ stop: { stopMode: 'GRACEFULLY', delayTime: 1.5 } }, 'Cdm.0004'],
    [{ restart: { restartLevel: 'HOST' } }, 'Cdm.0011'],
    [{ restart: { restartLevel: 'VM', restartMode: 'IMMEDIATELY' } }, 'Cdm.0014'],
    [{ restart: { restartDelayTime: 86_401 } }, 'Cdm.0024'],
    [{ restart: { restartMode: {} } }, 'Cdm.0004'],
  ])('%j: %s, and nothing happens', async (body, code) => {
    expect(await outcome('POST', `/clusters/${id}/action`, body)).toEqual([400, code]);
    expect((await detail()).status).toBe('200');
  });

  test('an action that does not fit the state: CDM.5090, its number in the text', async () => {
    const answer = await act(start);
    expect([answer.statusCode, answer.json().errCode]).toEqual([400, 'CDM.5090']);
    expect(answer.body).toContain('CDM.5090');
    await stopped();
    expect(await outcome('POST', `/clusters/${id}/action`, stop)).toEqual([400, 'CDM.5090']);
    expect(await outcome('POST', `/clusters/${id}/action`, { restart: {} })).toEqual([400, 'CDM.5090']);
  });

  test('of many actions at once one wins, the others are refused by the state', async () => {
    const bodies = [stop, { restart: { type: 'cdm' } }];
    const answers = await Promise.all(Array.from({ length: 20 }, (_, at) => act(bodies[at % 2] ?? stop)));
    expect(answers.filter(({ statusCode }) => statusCode === 200)).toHaveLength(1);
    const others = answers.filter(({ statusCode }) => statusCode !== 200);
    expect(new Set(others.map((answer) => answer.json().errCode))).toEqual(new Set(['CDM.5090']));
    await sample.settle();
    const isRestart = typeof answers.find(({ statusCode }) => statusCode === 200)?.json().jobId === 'string';
    expect((await detail()).status).toBe(isRestart ? '200' : '900');
  });

  test('a deletion wins over every action, and no action is taken from then on', async () => {
    await makeJob();
    await startJob();
    await act({ stop: { stopMode: 'GRACEFULLY' } });
    expect(await outcome('DELETE', `/clusters/${id}`)).toEqual([202, '']);
    expect(await outcome('POST', `/clusters/${id}/action`, start)).toEqual([400, 'CDM.5090']);
    expect(await outcome('POST', `/cluster/modify/${id}`, {})).toEqual([400, 'CDM.5090']);
    expect((await detail()).task.name).toBe('deleteCluster');
    await sample.settle();
    expect(await outcome('GET', `/clusters/${id}`)).toEqual([404, 'Cdm.0001']);
    expect(await outcome('POST', `/clusters/${id}/action`, start)).toEqual([404, 'Cdm.0001']);
  });

  test("another project's cluster and a missing one are not there, and nothing happens", async () => {
    for (const path of [`/clusters/${id}/action`, `/cluster/modify/${id}`, '/clusters/none/action']) {
      expect(await outcome('POST', path, stop, projectB)).toEqual([404, 'Cdm.0001']);
    }
    expect((await detail()).status).toBe('200');
  });
});

describe('modify', () => {
  const modify = (body: object) => outcome('POST', `/cluster/modify/${id}`, body);

  test('the published example: 202 with an empty object, and the detail repeats it', async () => {
    const answer = await send('POST', `/cluster/modify/${id}`, {
      autoOff: false,
      scheduleBootOff: true,
      scheduleBootTime: '00:00:00',
      scheduleOffTime: '10:00:00',
      autoRemind: true,
      phoneNum: '12345678910,12345678919',
      email: 'test@test.com,test2@test.com',
    });
    expect([answer.statusCode, answer.json()]).toEqual([202, {}]);
    expect(await detail()).toMatchObject({
      isAutoOff: false,
      isScheduleBootOff: true,
      scheduleBootTime: '00:00:00',
      scheduleOffTime: '10:00:00',
      customerConfig: { failureRemind: 'true' },
    });
    const stored = await sample.store.clusters.find(projectA, id);
    expect(stored?.settings).toMatchObject({ phoneNumbers: '12345678910,12345678919' });
  });

  test('what is not named stays; empty text and the word null unset', async () => {
    await modify({ scheduleBootOff: true, scheduleBootTime: '7:30', scheduleOffTime: '22:00:00' });
    await modify({ autoRemind: true });
    expect(await detail()).toMatchObject({
      isScheduleBootOff: true,
      scheduleBootTime: '07:30:00',
      scheduleOffTime: '22:00:00',
    });
    await modify({ scheduleBootTime: 'null' });
    expect(await detail()).toMatchObject({ isScheduleBootOff: true, scheduleBootTime: '' });
    await modify({ scheduleBootOff: false, autoOff: true });
    expect(await detail()).toMatchObject({ isScheduleBootOff: false, isAutoOff: true });
  });

  test.each([
    [{ autoOff: true, scheduleBootOff: true, scheduleBootTime: '08:00:00' }, 'Cdm.0014'],
    [{ scheduleBootOff: true }, 'Cdm.0238'],
    [{ scheduleBootOff: true, scheduleBootTime: '24:00:00' }, 'Cdm.0011'],
    [{ scheduleBootOff: true, scheduleBootTime: '08:00:00', scheduleOffTime: '08:00:00' }, 'Cdm.0014'],
    [{ autoOff: 'perhaps' }, 'Cdm.0004'],
    [{ email: Array(21).fill('a@b.c').join(',') }, 'Cdm.0011'],
    [[], 'Cdm.0004'],
  ])('%j is refused, and nothing is changed', async (body, code) => {
    const before = await detail();
    expect(await modify(body)).toEqual([400, code]);
    expect(await detail()).toEqual(before);
  });

  test('a stopped cluster may be changed too', async () => {
    await stopped();
    expect(await modify({ autoRemind: true })).toEqual([202, '']);
    expect((await detail()).status).toBe('900');
  });
});

describe('instances', () => {
  const worker = { pid: 4711, startedAt: 1_700_000_000_000, rssBytes: 88 * 1_048_576, isBusy: true };

  test('the node of a cluster by its id, with the names of the instance call', async () => {
    const [node] = (await detail()).instances;
    const { instance } = (await send('GET', `/instances/${node.id}`)).json();
    expect(instance).toMatchObject({
      id: node.id,
      name: 'c-cdm-dn-1-1',
      cluster_id: id,
      type: 'cdm',
      role: 'Standalone',
      configurationStatus: 'In-Sync',
      azcode: 'region-1a',
      region: 'region-1',
      flavor: { id: 'fb8fe666-6734-4b11-bc6c-43d11db3c745' },
      datastore: { type: 'cdm', version: '2.10.0.300' },
      payModel: 0,
    });
  });

  test('each live worker is one; the first id stays whatever becomes of the processes', async () => {
    const [alone] = (await detail()).instances;
    const second = { ...worker, id: 'worker-2', pid: 4712, startedAt: worker.startedAt + 1, isBusy: false };
    sample.workers.set(id, [second, { ...worker, id: 'worker-1' }]);
    const { instances } = await detail();
    expect(instances).toMatchObject([
      { id: alone.id, name: 'c-cdm-dn-1-1', components: 'worker pid=4711 rss=88MiB busy' },
      { id: 'worker-2', name: 'c-cdm-dn-1-2', components: 'worker pid=4712 rss=88MiB idle' },
    ]);
    const shown = (await send('GET', '/instances/worker-2')).json().instance;
    expect(shown).toMatchObject({ cluster_id: id, created: '2023-11-14T22:13:20' });
    expect(await outcome('GET', '/instances/worker-2', undefined, projectB)).toEqual([404, 'Cdm.0201']);
  });

  test('an unknown one: 404 with the published code', async () => {
    expect(await outcome('GET', '/instances/none')).toEqual([404, 'Cdm.0201']);
  });
});

test('enterprise projects: of every cluster, and of one', async () => {
  expect((await send('GET', '/enterprise-projects')).json()).toEqual({
    resources: [{ cluster_id: id, sys_tags: [{ key: '_sys_enterprise_project_id', value: '0' }] }],
  });
  expect((await send('GET', `/clusters/${id}/enterprise-projects`)).json()).toEqual({
    sys_tags: [{ key: '_sys_enterprise_project_id', value: '0' }],
  });
  expect((await send('GET', '/enterprise-projects', undefined, projectB)).json()).toEqual({ resources: [] });
  expect(await outcome('GET', '/clusters/none/enterprise-projects')).toEqual([404, 'Cdm.0001']);
});

describe('random cluster job', () => {
  const body = (clusters: unknown) => ({
    ...jobBody('r'),
    clusters,
  });

  test('is made and started in a cluster that runs; duplicates do no harm', async () => {
    await makeJob();
    const off = await sample.makeCluster(projectA);
    const cluster = await sample.store.clusters.findById(off);
    if (cluster !== null) await sample.store.clusters.update({ ...cluster, status: '900' });
    const answer = await send('POST', '/clusters/job', body([off, id, id, 'none']));
    expect(answer.statusCode).toBe(200);
    expect(answer.json().submissions).toMatchObject([{ 'job-name': 'r', status: 'BOOTING' }]);
    expect(await outcome('GET', `/clusters/${id}/cdm/job/r/status`)).toEqual([200, '']);
    expect(await outcome('POST', '/clusters/job', body([id]))).toEqual([400, 'Cdm.0104']);
  });

  test.each([
    [{ clusters: ['x'] }, 400, 'Cdm.0018'],
    [body(undefined), 400, 'Cdm.0238'],
    [body([]), 400, 'Cdm.0238'],
    [body('x'), 400, 'Cdm.0004'],
    [body([7]), 400, 'Cdm.0004'],
    [body(['none']), 404, 'Cdm.0001'],
  ])('%j is refused', async (given, status, code) => {
    expect(await outcome('POST', '/clusters/job', given)).toEqual([status, code]);
  });

  test('without a cluster that runs: Cdm.0201; one that cannot be started is not kept', async () => {
    await makeJob();
    const scenario = jobBody('r', { frame: { job_type: 'SCENARIO_JOB' } });
    expect(await outcome('POST', '/clusters/job', { ...scenario, clusters: [id] })).toEqual([
      400,
      'Cdm.0055',
    ]);
    expect(await outcome('GET', `/clusters/${id}/cdm/job/r`)).toEqual([400, 'Cdm.0100']);
    await stopped();
    expect(await outcome('POST', '/clusters/job', body([id]))).toEqual([400, 'Cdm.0201']);
  });
});

describe('rate limits', () => {
  test('off unless asked for', async () => {
    for (let call = 0; call < 30; call += 1) {
      expect((await send('GET', '/datastores')).statusCode).toBe(200);
    }
  });

  test('429 with Retry-After beyond the published number, per operation and user, until the minute is over', async () => {
    await sample.close();
    await open({ rateLimits: true });
    for (let call = 0; call < 20; call += 1) {
      expect((await send('GET', '/datastores')).statusCode).toBe(200);
    }
    sample.passTime(20_000);
    const refused = await send('GET', '/datastores');
    expect([refused.statusCode, refused.json().errCode]).toEqual([429, 'APIGW.0308']);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(35);
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(40);
    expect((await send('GET', '/clusters')).statusCode).toBe(200);
    expect((await send('GET', '/datastores', undefined, projectB)).statusCode).toBe(429);
    // Operations that share a route count apart.
    for (let call = 0; call < 20; call += 1) await act(start);
    expect((await act(start)).statusCode).toBe(429);
    expect((await act(stop)).statusCode).toBe(200);
    sample.passTime(40_000);
    expect((await send('GET', '/datastores')).statusCode).toBe(200);
  });
});
