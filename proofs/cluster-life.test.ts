import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApiError, SignedClient } from '../tools/demo/signed-client.ts';
import { SluiceProcess } from '../tools/sluice-process/sluice-process.ts';

/** What was accepted must be done within this time after the server is back, in milliseconds. */
const settleMs = 60_000;

/** A real server that is killed in the middle of what it accepted; it needs no database. */
describe('kill -9 during the life of a cluster', { timeout: 120_000 }, () => {
  let dataFolder: string;
  let server: SluiceProcess;
  let client: SignedClient;
  let clusters: string;

  beforeAll(async () => {
    dataFolder = mkdtempSync(join(tmpdir(), 'sluice-life-'));
    server = await SluiceProcess.start({ dataFolder });
    client = await SignedClient.connect(server);
    clusters = `/v1.1/${client.projectId}/clusters`;
  }, 60_000);
  afterAll(async () => {
    await server?.kill();
    rmSync(dataFolder, { recursive: true, force: true });
  });

  async function created(): Promise<string> {
    const { id } = await client.call('POST', clusters, {
      cluster: {
        name: 'life',
        vpcId: 'vpc',
        instances: [
          {
            type: 'cdm',
            flavorRef: 'fb8fe666-6734-4b11-bc6c-43d11db3c745',
            availability_zone: 'az1',
            nics: [{ securityGroupId: 'sg', 'net-id': 'net' }],
          },
        ],
      },
    });
    return String(id);
  }

  /** State of a cluster; 404 when it is gone. */
  async function statusOf(id: string): Promise<string> {
    try {
      return String((await client.call('GET', `${clusters}/${id}`)).status);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return '404';
      throw error;
    }
  }

  /** @returns the states that were seen on the way there. */
  async function until(id: string, wanted: string): Promise<readonly string[]> {
    const seen: string[] = [];
    for (const deadline = Date.now() + settleMs; Date.now() < deadline; await sleep(50)) {
      const status = await statusOf(id);
      if (seen.at(-1) !== status) seen.push(status);
      if (status === wanted) return seen;
    }
    throw new Error(`cluster ${id} did not come to ${wanted}: ${seen.join(', ')}`);
  }

  const act = (id: string, body: object) => client.call('POST', `${clusters}/${id}/action`, body);

  async function dieAndReturn(): Promise<void> {
    await server.kill();
    await server.startAgain();
  }

  const actions = [
    ['stop', '200', { stop: { stopMode: 'IMMEDIATELY' } }, '910', '900'],
    ['graceful stop', '200', { stop: { stopMode: 'GRACEFULLY', delayTime: -1 } }, '910', '900'],
    ['start', '900', { start: {} }, '920', '200'],
    [
      'restart',
      '200',
      { restart: { type: 'cdm', restartLevel: 'VM', restartMode: 'FORCELY' } },
      '500',
      '200',
    ],
    ['delayed restart', '200', { restart: { type: 'cdm', restartDelayTime: 2 } }, '500', '200'],
  ] as const;

  test.each(actions)(
    '%s: once it is answered it is carried out',
    async (_name, before, body, during, after) => {
      const id = await created();
      await until(id, '200');
      if (before === '900') {
        await act(id, { stop: {} });
        await until(id, '900');
      }
      await act(id, body);
      await dieAndReturn();
      const seen = await until(id, after);
      for (const status of seen) expect([during, after]).toContain(status);
      // And it stays so.
      await sleep(300);
      expect(await statusOf(id)).toBe(after);
    },
  );

  test('a creation, and a deletion', async () => {
    const id = await created();
    await dieAndReturn();
    await until(id, '200');
    await client.call('DELETE', `${clusters}/${id}`);
    await dieAndReturn();
    await until(id, '404');
  });

  test('an action without an answer is done wholly, or not at all', async () => {
    for (let round = 0; round < 5; round += 1) {
      const id = await created();
      await until(id, '200');
      const asked = act(id, { stop: {} }).then(
        () => true,
        () => false,
      );
      await sleep(round);
      await dieAndReturn();
      const isAnswered = await asked;
      const status = await statusOf(id);
      if (isAnswered || status !== '200') await until(id, '900');
      else expect(await statusOf(id)).toBe('200');
    }
  });
});
