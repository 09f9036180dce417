import type { Operation, OperationId } from '../../packages/contract/src/operation.ts';
import { operations } from '../../packages/contract/src/operations.ts';
import { type OwnOperationId, ownOperations } from '../../packages/contract/src/own-operations.ts';
import { type Parameter, type ParameterId, parameters } from '../../packages/contract/src/parameters.ts';
import { Dice } from './dice.ts';
import { type FuzzRequest, sendable } from './fuzz-request.ts';
import { type FuzzWorld, mortalsMax } from './fuzz-world.ts';
import { deepText, oddJson, oddText } from './odd-values.ts';
import { rawRequest } from './raw-requests.ts';
import { nearly, valueFor } from './schema-values.ts';
import { withSignOn } from './sign-on.ts';

type AnyOperation = Operation<OperationId | OwnOperationId>;

const everyOperation: readonly AnyOperation[] = [...operations, ...ownOperations];

/** These end or pause a cluster; never sent to the one that has to last. */
const endsCluster: ReadonlySet<string> = new Set<OperationId>([
  'DeleteCluster',
  'RestartCluster',
  'StartCluster',
  'StopCluster',
  'ModifyCluster',
]);

/** Not sent to the links and the job that have to last: without them no job could be made any more. */
const changes: ReadonlySet<string> = new Set<OperationId>([
  'UpdateLink',
  'DeleteLink',
  'UpdateJob',
  'DeleteJob',
]);

const documents: readonly string[] = [
  '/openapi.json',
  '/api/v1/openapi.json',
  '/api/v1/compat',
  '/healthz',
  '/v3/projects',
  '/v3/auth/catalog',
  '/v3/regions',
  '/',
  '/v1.1',
  '/v2/anything',
];

/** Share of starts that can succeed: each of them costs a real run. */
const realStarts = 0.05;
/** The same of calls on users that are there. */
const realUsers = 0.15;
/** The same of links that are really tested. */
const realLinks = 0.15;

/** The request of this number: the same seed and world give the same one. */
export function requestOf(seed: number, index: number, world: FuzzWorld): FuzzRequest {
  const dice = new Dice(seed, index);
  if (dice.chance(0.03)) return rawRequest(dice, world);
  if (dice.chance(0.03)) return documentRequest(dice, world);
  const operation = dice.pick(everyOperation);
  const query = queryOf(operation, dice, world);
  const path = pathOf(operation, dice, world);
  const target = sendable(oddTarget(query === '' ? path : `${path}?${query}`, dice));
  const body = bodyOf(operation, dice, world);
  const mayChange = !target.includes(world.clusterId);
  const method = dice.chance(0.03)
    ? dice.pick(['GET', 'PUT', 'PATCH', 'OPTIONS', 'HEAD', 'TRACE', ...(mayChange ? ['POST', 'DELETE'] : [])])
    : operation.method;
  const request = {
    operationId: operation.operationId,
    method,
    target,
    headers: headersOf(dice),
    body,
    raw: null,
    endsBehind: false,
  };
  return withSignOn(request, dice, world);
}

function documentRequest(dice: Dice, world: FuzzWorld): FuzzRequest {
  const method = dice.pick(['GET', 'GET', 'GET', 'POST', 'HEAD', 'PUT']);
  const target = dice.pick(documents);
  const request = { operationId: null, method, target, headers: headersOf(dice), body: null, raw: null };
  return withSignOn({ ...request, endsBehind: false }, dice, world);
}

function pathOf(operation: AnyOperation, dice: Dice, world: FuzzWorld): string {
  return operation.path.replace(/\{(\w+)\}/g, (_brace, name: string) => {
    const isOdd = dice.chance(0.06);
    const text = isOdd ? oddText(dice) : nameOf(name, operation, dice, world);
    // Half of the clients escape what is odd, the other half sends it bare.
    return dice.chance(0.5) ? escaped(text) : text.replace(/[?#]/g, escaped);
  });
}

function escaped(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

function nameOf(name: string, operation: AnyOperation, dice: Dice, world: FuzzWorld): string {
  const { operationId } = operation;
  switch (name) {
    case 'project_id':
      return world.projectId;
    case 'cluster_id':
      if (endsCluster.has(operationId)) return world.mortals[dice.below(mortalsMax)] ?? crypto.randomUUID();
      return dice.chance(0.9) ? world.clusterId : (world.mortals[0] ?? 'none');
    case 'link_name':
      return dice.chance(0.1)
        ? 'all'
        : dice.pick(changes.has(operationId) ? world.linkNames.slice(2) : world.linkNames);
    case 'job_name':
      if (operationId === 'StartJob' && !dice.chance(realStarts)) return `missing${dice.below(9)}`;
      if (operationId === 'StartJob' || operationId === 'StopJob') return world.jobNames[0] ?? '';
      return dice.chance(0.1)
        ? 'all'
        : dice.pick(changes.has(operationId) ? world.jobNames.slice(1) : world.jobNames);
    case 'run_id':
      return operationId === 'ResumeRun' && !dice.chance(realStarts)
        ? crypto.randomUUID()
        : world.runIds.length > 0
          ? dice.pick(world.runIds)
          : '1';
    case 'operation_id':
      return dice.pick(operations).operationId;
    default: {
      const ids = world.ids[name];
      // Passwords are hashed slowly on purpose: most calls name nobody.
      if (name === 'user_id' && !dice.chance(realUsers)) return crypto.randomUUID();
      if (ids !== undefined) return dice.pick(ids);
      const known = Object.values(parameters).find((parameter) => parameter.name === name);
      return known === undefined ? oddText(dice) : String(known.example);
    }
  }
}

function queryOf(operation: AnyOperation, dice: Dice, world: FuzzWorld): string {
  const pairs: string[] = [];
  for (const id of operation.parameters) {
    const parameter: Parameter = parameters[id as ParameterId];
    if (parameter.in !== 'query') continue;
    for (let times = dice.pick([0, 1, 1, 1, 1, 2, 3]); times > 0; times -= 1) {
      const isName = parameter.name === 'jname' && dice.chance(0.6);
      const fitting = isName ? dice.pick(world.jobNames) : String(valueFor(parameter.schema, dice));
      const value = dice.chance(0.8) ? fitting : oddText(dice);
      pairs.push(`${parameter.name}=${dice.chance(0.9) ? escaped(value) : value.replaceAll('#', escaped)}`);
    }
  }
  if (dice.chance(0.05)) pairs.push(`${escaped(oddText(dice))}=${escaped(oddText(dice))}`);
  if (dice.chance(0.01)) for (let more = 0; more < 2_000; more += 1) pairs.push(`p${more}=${more}`);
  return pairs.join('&');
}

function oddTarget(target: string, dice: Dice): string {
  if (!dice.chance(0.04)) return target;
  switch (dice.below(6)) {
    case 0:
      return target.replaceAll('/', '//');
    case 1:
      return `${target}/`;
    case 2:
      return target.toUpperCase();
    case 3:
      return target.replace('/clusters', '/./clusters/../clusters');
    case 4:
      return `${target}${target.includes('?') ? '&' : '?'}long=${'y'.repeat(dice.pick([1_000, 33_000, 70_000]))}`;
    default:
      return `http://other.example${target}`;
  }
}

function bodyOf(operation: AnyOperation, dice: Dice, world: FuzzWorld): Buffer | null {
  if (operation.request === null)
    return dice.chance(0.05) ? Buffer.from(JSON.stringify(oddJson(dice))) : null;
  if (dice.chance(0.04)) return null;
  let document = documentOf(operation, dice, world);
  if (dice.chance(0.45)) document = nearly(structuredClone(document), dice);
  const text = JSON.stringify(document) ?? 'null';
  return encoded(text, dice);
}

function documentOf(operation: AnyOperation, dice: Dice, world: FuzzWorld): unknown {
  const { operationId } = operation;
  if (operationId === 'CreateLink' || operationId === 'UpdateLink') {
    if (dice.chance(realLinks)) return world.validLink(dice.pick(world.linkNames));
  } else if (operationId === 'CreateJob' || operationId === 'UpdateJob') {
    if (dice.chance(0.6)) return world.validJob(dice.pick(world.jobNames));
  } else if (operationId === 'CreateAndStartRandomClusterJob') {
    const clusters = dice.chance(0.5) ? [world.clusterId] : world.mortals;
    if (dice.chance(realStarts)) return { ...world.validJob(dice.pick(world.jobNames)), clusters };
  } else if (operationId === 'CreateCluster') {
    if (dice.chance(0.3) && world.mortals.length < mortalsMax) return validCluster(dice);
    return oddJson(dice);
  } else if (operationId === 'DeleteCluster' && world.mortals.length > 0) world.mortals.shift();
  return valueFor(operation.request, dice);
}

function validCluster(dice: Dice): object {
  const nics = [{ securityGroupId: 'sg', 'net-id': 'net' }];
  const flavorRef = 'fb8fe666-6734-4b11-bc6c-43d11db3c745';
  const instances = [{ type: 'cdm', flavorRef, availability_zone: 'az1', nics }];
  return { cluster: { name: `mortal${dice.below(100)}`, vpcId: 'vpc', instances } };
}

function encoded(text: string, dice: Dice): Buffer {
  if (!dice.chance(0.08)) return Buffer.from(text);
  switch (dice.below(10)) {
    case 0:
      return Buffer.from(`\ufeff${text}`);
    case 1:
      return Buffer.from(text, 'utf16le');
    case 2:
      return Buffer.from(text, 'latin1');
    case 3:
      return Buffer.concat([Buffer.from(text), Buffer.from([0xff, 0xfe])]);
    case 4:
      return Buffer.from(text.slice(0, dice.below(text.length + 1)));
    case 5:
      return Buffer.from(`${text}${text}`);
    case 6:
      return Buffer.from(deepText(dice));
    case 7:
      return Buffer.from(text.replaceAll('"', "'"));
    case 8:
      return Buffer.from(`{"a":1,"a":${text}}`);
    default:
      return Buffer.from(' '.repeat(1 + dice.below(3_000)));
  }
}

const languages = ['en-us', 'en_us', 'zh-cn', 'zh_cn', 'ZH-CN', 'zh', 'fr-fr', '', 'zh-cn, en-us'];
const contentTypes = [
  'application/json',
  'application/json;charset=UTF-8',
  'text/plain',
  'application/xml',
  'multipart/form-data; boundary=x',
  'application/x-www-form-urlencoded',
  ';;;',
];

function headersOf(dice: Dice): readonly (readonly [string, string])[] {
  const headers: [string, string][] = [];
  if (dice.chance(0.8)) headers.push(['X-Language', dice.pick(languages)]);
  if (dice.chance(0.8)) headers.push(['Content-Type', dice.pick(contentTypes)]);
  if (dice.chance(0.1)) headers.push(['Accept', dice.pick(['*/*', 'text/html', 'application/xml;q=1'])]);
  if (dice.chance(0.03)) headers.push(['X-Cluster-ID', 'odd']);
  if (dice.chance(0.02)) headers.push(['Expect', '100-continue']);
  if (dice.chance(0.02)) headers.push(['Content-Encoding', 'gzip']);
  if (dice.chance(0.02)) headers.push(['Connection', dice.pick(['close', 'keep-alive', 'upgrade'])]);
  if (dice.chance(0.01)) headers.push(['X-Language', 'zh-cn']);
  if (dice.chance(0.01)) headers.push(['X-Long', 'z'.repeat(dice.pick([1_000, 30_000]))]);
  if (dice.chance(0.01)) for (let more = 0; more < 150; more += 1) headers.push([`X-Many-${more}`, '1']);
  if (dice.chance(0.01)) headers.push(['Accept-Encoding', 'gzip, br']);
  return headers;
}
