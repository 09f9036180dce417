import { expect, test } from 'vitest';
import { Egress, egressDenyDefault, hostsOf } from './egress.ts';

const names: Readonly<Record<string, readonly string[]>> = {
  'db.example.com': ['10.1.2.3'],
  'two.example.com': ['10.1.2.3', '169.254.169.254'],
  'six.example.com': ['fe80::1'],
};

async function resolve(host: string): Promise<readonly string[]> {
  const found = names[host];
  if (found === undefined) throw new Error(`unknown host ${host}`);
  return found;
}

const open = new Egress({ allow: [], deny: egressDenyDefault }, resolve);
const host = (value: string) => ({ 'linkConfig.host': value });

test.each(['10.0.0.1', '127.0.0.1', '::1', 'db.example.com', 'unknown.example.com', ''])(
  'by default %s may be named',
  async (value) => {
    await expect(open.check(host(value))).resolves.toBeUndefined();
  },
);

test.each([
  '169.254.169.254',
  '169.254.0.1',
  '::ffff:169.254.169.254',
  '[::ffff:a9fe:a9fe]',
  'fe80::1',
  'two.example.com',
  'six.example.com',
  'db.example.com;169.254.169.254',
  '64:ff9b::169.254.169.254',
  '2002:a9fe:a9fe::1',
  '::169.254.169.254',
  '::ffff:0:169.254.169.254',
  'fe80::1%eth0',
  '100.100.100.200',
  '192.0.0.192',
  '168.63.129.16',
  'fd20:ce::254',
])('by default %s may not', async (value) => {
  await expect(open.check(host(value))).rejects.toMatchObject({ code: 'Cdm.0941' });
});

test.each([
  '0.0.0.0',
  '0.1.2.3',
  '::',
  '0:0:0:0:0:0:0:0',
  '::ffff:127.0.0.1',
  '64:ff9b::7f00:1',
  '127.8.8.8',
])('where this machine is denied, %s is denied too: it leads there', async (value) => {
  const rules = new Egress({ allow: [], deny: ['127.0.0.0/8', '::1/128'] }, resolve);
  await expect(rules.check(host(value))).rejects.toMatchObject({ code: 'Cdm.0941' });
  await expect(open.check(host(value))).resolves.toBeUndefined();
});

test('an allowed range holds an address by its own form only', async () => {
  const closed = new Egress({ allow: ['10.0.0.0/8'], deny: [] }, resolve);
  await expect(closed.check(host('64:ff9b::10.0.0.1'))).rejects.toThrow('Cdm.0941');
  const wide = new Egress({ allow: ['0.0.0.0/0'], deny: ['127.0.0.0/8'] }, resolve);
  await expect(wide.check(host('10.0.0.1'))).resolves.toBeUndefined();
  await expect(wide.check(host('0.0.0.0'))).rejects.toThrow('Cdm.0941');
});

test('files are fetched from this machine only where a range allows it', async () => {
  const own = async () => ['127.0.0.1'];
  const usual = new Egress({ allow: [], deny: egressDenyDefault }, own);
  for (const name of ['files.example', '127.0.0.1', '::1', '0.0.0.0', '::', '::ffff:127.0.0.1']) {
    await expect(usual.resolveForFile(name), name).rejects.toThrow('Cdm.0941');
    await expect(usual.resolve(name), name).resolves.toHaveLength(1);
  }
  expect(await usual.resolveForFile('10.1.2.3')).toEqual([{ address: '10.1.2.3', family: 4 }]);
  await expect(usual.resolveForFile('169.254.169.254')).rejects.toThrow('Cdm.0941');
  const named = new Egress({ allow: ['127.0.0.0/8'], deny: [] }, own);
  expect(await named.resolveForFile('files.example')).toEqual([{ address: '127.0.0.1', family: 4 }]);
});

test('the refusal names the host and its address', async () => {
  await expect(open.check(host('two.example.com'))).rejects.toMatchObject({
    facts: { cause: expect.stringContaining('two.example.com = 169.254.169.254') },
  });
});

test('with an allow list everything else is refused, and deny still wins', async () => {
  const closed = new Egress({ allow: ['10.0.0.0/8', 'fd00::/8'], deny: ['10.9.0.0/16'] }, resolve);
  await expect(closed.check(host('10.1.1.1'))).resolves.toBeUndefined();
  await expect(closed.check(host('fd00::7'))).resolves.toBeUndefined();
  await expect(closed.check(host('db.example.com'))).resolves.toBeUndefined();
  await expect(closed.check(host('10.9.1.1'))).rejects.toThrow('Cdm.0941');
  await expect(closed.check(host('11.0.0.1'))).rejects.toThrow('Cdm.0941');
  await expect(closed.check(host('127.0.0.1'))).rejects.toThrow('Cdm.0941');
});

test('the addresses to connect to are looked up once, and all of them checked', async () => {
  let lookUps = 0;
  const counting = new Egress({ allow: [], deny: egressDenyDefault }, (name) => {
    lookUps++;
    return resolve(name);
  });
  expect(await counting.resolve('db.example.com')).toEqual([{ address: '10.1.2.3', family: 4 }]);
  expect(await counting.resolve('fd00::7')).toEqual([{ address: 'fd00::7', family: 6 }]);
  expect(lookUps).toBe(1);
  await expect(counting.resolve('two.example.com')).rejects.toThrow('Cdm.0941');
  await expect(counting.resolve('169.254.169.254')).rejects.toThrow('Cdm.0941');
  await expect(counting.resolve('::ffff:169.254.169.254')).rejects.toThrow('Cdm.0941');
  // Who connects must hear that there is no such name; who saves is told by the test.
  await expect(counting.resolve('unknown.example.com')).rejects.toThrow('unknown host');
});

test.each(['10.0.0.0/33', 'example.com/8', '10.0.0.0/x', 'fd00::/129', ''])('%j is no range', (range) => {
  expect(() => new Egress({ allow: [range], deny: [] })).toThrow(RangeError);
});

test('hosts are found in every form that links have', () => {
  expect(
    hostsOf({
      'linkConfig.host': '192.168.0.1',
      'linkConfig.brokerList': 'k1:9092,k2:9092',
      'linkConfig.uri': 'hdfs://name.node:8020/path',
      'linkConfig.hiveMsUris': 'thrift://10.0.0.9:9083',
      'linkConfig.serverList': '[fd00::1]:27017;fd00::2',
      'linkConfig.hiveJdbcUrl': 'jdbc:hive2://user@hive:10000/default',
      'linkConfig.dataSourceList': '10.0.0.1:3306:db|10.0.0.2:3306:db:user:pw',
      'linkConfig.username': 'not.a.host',
      'linkConfig.properties': { host: 'not.one.either' },
    }),
  ).toEqual([
    '192.168.0.1',
    'k1',
    'k2',
    'name.node',
    '10.0.0.9',
    'fd00::1',
    'fd00::2',
    'hive',
    '10.0.0.1',
    '10.0.0.2',
  ]);
});
