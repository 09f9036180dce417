import { expect, test } from 'vitest';
import { decodeLeniently, routedTarget } from './request-target.ts';

const cdm = '/v1.1/p/clusters/c/cdm';

test.each([
  ['/v1.1/p/clusters', '/v1.1/p/clusters'],
  ['//v1.1//p/clusters/', '/v1.1/p/clusters'],
  ['/v1.1/p/clusters/?a=b//c', '/v1.1/p/clusters?a=b//c'],
  ['/', '/'],
  ['', '/'],
  ['http://host:8080/v1.1/p/clusters?x', '/v1.1/p/clusters?x'],
  ['/v1.1/p/clusters?', '/v1.1/p/clusters'],
  [`${cdm}/job/a`, `${cdm}/job/a`],
  [`${cdm}/job/a/start`, `${cdm}/job/a/start`],
  [`${cdm}/job/a/b/status`, `${cdm}/job/a%2Fb/status`],
  [`${cdm}/job/a%2Fb/stop`, `${cdm}/job/a%2Fb/stop`],
  [`${cdm}/job/a/b`, `${cdm}/job/a%2Fb`],
  [`${cdm}/job/start`, `${cdm}/job/start`],
  [`${cdm}/job/start/start`, `${cdm}/job/start/start`],
  [`${cdm}/link/a/b/start`, `${cdm}/link/a%2Fb%2Fstart`],
  [`${cdm}/job/100%`, `${cdm}/job/100%25`],
  [`${cdm}/job/a%zzb`, `${cdm}/job/a%25zzb`],
  [`${cdm}/job/%E6%95%B0`, `${cdm}/job/%E6%95%B0`],
  [`${cdm}/job/a b`, `${cdm}/job/a%20b`],
  [`${cdm}/submissions?jname=a%2Fb`, `${cdm}/submissions?jname=a%2Fb`],
])('%s is routed as %s', (target, routed) => {
  expect(routedTarget(target)).toBe(routed);
});

test('segments are decoded as far as they are escaped', () => {
  expect(decodeLeniently('%41%62')).toBe('Ab');
  expect(decodeLeniently('%4')).toBe('%4');
  expect(decodeLeniently('%')).toBe('%');
  expect(decodeLeniently('%ff')).toBe('%ff');
  // Bytes that a client did not escape reach us as Latin-1 characters.
  expect(decodeLeniently(Buffer.from('数', 'utf8').toString('latin1'))).toBe('数');
});
