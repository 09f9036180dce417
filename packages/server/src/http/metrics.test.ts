import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HttpMeter } from '../telemetry/http-meter.ts';
import { MetricsText } from '../telemetry/metrics-text.ts';
import { Secret } from '../telemetry/secret.ts';
import type { MetricsAccess } from './metrics-route.ts';
import { projectA, type SampleApp, sampleApp } from './sample-app.ts';

let sample: SampleApp;
beforeEach(async () => {
  sample = await open('loopback');
});
afterEach(async () => {
  await sample.close();
});

function open(access: MetricsAccess, token: Secret | null = null): Promise<SampleApp> {
  const httpMeter = new HttpMeter();
  // Fresh at each look.
  let at = 0;
  const text = new MetricsText([httpMeter], () => (at += 10_000));
  return sampleApp({ telemetry: { httpMeter, metrics: { access, token, read: () => text.read() } } });
}

const read = (headers: Record<string, string> = {}, remoteAddress = '127.0.0.1') =>
  sample.app.inject({ url: '/metrics', headers, remoteAddress });

describe('who may read', () => {
  test('by default programs of this machine that come without a proxy', async () => {
    const near = await read();
    expect([near.statusCode, near.headers['content-type']]).toEqual([
      200,
      'text/plain; version=0.0.4; charset=utf-8',
    ]);
    expect((await read({}, '::1')).statusCode).toBe(200);
    for (const [headers, from] of [
      [{}, '10.1.2.3'],
      [{ 'x-forwarded-for': '127.0.0.1' }, '127.0.0.1'],
      [{ forwarded: 'for=127.0.0.1' }, '127.0.0.1'],
    ] as const) {
      const answer = await read(headers, from);
      expect([answer.statusCode, answer.json().errCode]).toEqual([403, 'APIGW.0306']);
    }
  });

  test('with a token whoever brings it, from wherever, and nobody else', async () => {
    await sample.close();
    sample = await open('token', new Secret('0123456789abcdef'));
    expect((await read({ authorization: 'Bearer 0123456789abcdef' }, '10.1.2.3')).statusCode).toBe(200);
    for (const authorization of ['Bearer 0123456789abcdeg', 'Basic 0123456789abcdef', '']) {
      expect((await read({ authorization })).statusCode).toBe(401);
    }
    await sample.close();
    sample = await open('off');
    expect((await read()).statusCode).toBe(404);
  });
});

describe('what is counted', () => {
  test('answers by operation and status class; however many paths there are, the lines stay as many', async () => {
    const headers = { 'x-auth-token': `alice@${projectA}` };
    const linesOf = async () => (await read()).body.split('\n').filter((line) => /^sluice_http/.test(line));
    const job = (name: string) => `/v1.1/${projectA}/clusters/nowhere/cdm/job/${name}/status`;
    await sample.app.inject({ url: job('a'), headers });
    await sample.app.inject({ url: '/made-up' });
    await linesOf();
    const before = await linesOf();
    for (let i = 0; i < 50; i++) {
      await sample.app.inject({ url: job(`j${i}`), headers });
      await sample.app.inject({ url: `/made-up/${i}` });
    }
    const after = await linesOf();
    expect(after).toHaveLength(before.length);
    expect(after).toContain('sluice_http_requests_total{operation="ShowJobStatus",status="4xx"} 51');
    expect(
      after.some((line) =>
        line.startsWith('sluice_http_request_seconds_count{operation="ShowJobStatus"} 51'),
      ),
    ).toBe(true);
    expect(after.join('\n')).not.toContain('made-up');
  });
});
