import { buildOpenApi, buildOwnOpenApi } from '@sluice/contract/openapi';
import { operations } from '@sluice/contract/operations';
import { ownOperations } from '@sluice/contract/own-operations';
import { describe, expect, it } from 'vitest';
import { readBody } from './body-check.ts';
import { bodyExample } from './body-example.ts';
import { isFound, readDescription } from './operation-entry.ts';
import { prepareRequest } from './request-draft.ts';

const options = { serverUrl: 'http://h', version: '1', isServed: () => true };
const cdm = readDescription('cdm', buildOpenApi(options));
const own = readDescription('own', buildOwnOpenApi(options));
const entryOf = (id: string) => {
  const found = [...cdm.operations, ...own.operations].find((entry) => entry.id === id);
  if (found === undefined) throw new Error(`no ${id}`);
  return found;
};
const base = 'http://127.0.0.1:8080';

describe('operations of the descriptions', () => {
  it('are all of the contract, those that share a route apart', () => {
    expect(cdm.operations.map(({ id }) => id).sort()).toEqual(
      operations.map((one) => one.operationId).sort(),
    );
    expect(own.operations.map(({ id }) => id).sort()).toEqual(
      ownOperations.map((one) => one.operationId).sort(),
    );
  });

  it.each([...operations, ...ownOperations].map((one) => [one.operationId, one] as const))(
    'tell %s as the contract does',
    (id, operation) => {
      const entry = entryOf(id);
      expect(entry).toMatchObject({
        method: operation.method,
        path: operation.path,
        summary: operation.summary,
        isAsync: operation.isAsync,
        requestsPerMinute: operation.requestsPerMinute,
      });
      expect(entry.body === null).toBe(operation.request === null);
      expect(entry.parameters).toHaveLength(operation.parameters.length);
    },
  );

  it('have an example of their own where a body tells them apart', () => {
    expect(entryOf('StopCluster').body?.example).toMatchObject({ stop: {} });
    expect(entryOf('RestartCluster').body?.example).toMatchObject({ restart: {} });
  });

  it('are found by name, path and either language', () => {
    const found = (query: string) =>
      cdm.operations.filter((entry) => isFound(entry, query)).map(({ id }) => id);
    expect(found('showjobstatus')).toEqual(['ShowJobStatus']);
    expect(found('put stop')).toEqual(['StopJob']);
    expect(found('创建 连接')).toContain('CreateLink');
    expect(found('nothing of the kind')).toEqual([]);
  });
});

describe('the request of a form', () => {
  const values = { project_id: 'p', cluster_id: 'c/1', job_name: '中 文?' };
  it('encodes what is typed, and knows an empty field from a filled one', () => {
    const { request, findings } = prepareRequest(
      entryOf('ShowJobs'),
      { values: { ...values, page_no: '2', filter: '' }, bodyText: '' },
      cdm,
      base,
    );
    expect(findings).toEqual([]);
    expect(request).toEqual({
      method: 'GET',
      target: '/v1.1/p/clusters/c%2F1/cdm/job/%E4%B8%AD%20%E6%96%87%3F?page_no=2',
      headers: [],
      body: null,
    });
  });

  it('is not sent without a part of its path, nor with dots that a browser would follow', () => {
    const of = (job_name: string) =>
      prepareRequest(entryOf('ShowJobStatus'), { values: { ...values, job_name }, bodyText: '' }, cdm, base)
        .findings;
    expect(of('')).toMatchObject([{ kind: 'error', reason: 'missing', at: 'job_name' }]);
    expect(of('..')).toMatchObject([{ kind: 'error', reason: 'dots' }]);
    expect(of('...')).toEqual([]);
  });

  it('only warns of what the server may judge', () => {
    const { findings } = prepareRequest(
      entryOf('ShowJobs'),
      { values: { ...values, page_no: 'two', jobType: 'NO_JOB' }, bodyText: '' },
      cdm,
      base,
    );
    expect(findings.map(({ kind, reason, at }) => `${kind} ${reason} ${at}`)).toEqual([
      'warning integer page_no',
      'warning enum jobType',
    ]);
  });

  it('takes the published examples, and sends the body as it was typed', () => {
    for (const api of [cdm, own]) {
      for (const entry of api.operations) {
        if (entry.body?.example === undefined) continue;
        const bodyText = JSON.stringify(entry.body.example, null, 1);
        const filled = Object.fromEntries(entry.parameters.map(({ name, example }) => [name, example]));
        const prepared = prepareRequest(entry, { values: filled, bodyText }, api, base);
        expect(prepared.findings, entry.id).toEqual([]);
        expect(prepared.request.body).toBe(bodyText);
        expect(prepared.request.headers).toContainEqual(['Content-Type', 'application/json']);
      }
    }
  });

  it('begins with a body that the schema takes, where there must be one', () => {
    for (const api of [cdm, own]) {
      for (const { id, body } of api.operations) {
        if (body === null || !body.isRequired) continue;
        const text = bodyExample(body, api.schemas);
        const { findings } = readBody(text, body, api);
        expect(text.startsWith('{'), id).toBe(true);
        // What must not be empty is for the user to say.
        expect(
          findings.filter(({ reason }) => reason !== 'member-value'),
          id,
        ).toEqual([]);
      }
    }
  });

  it('says what is wrong with a body, and where', () => {
    const of = (bodyText: string) =>
      prepareRequest(entryOf('CreateLink'), { values, bodyText }, cdm, base).findings.map(
        ({ kind, reason, at, detail }) => [kind, reason, at, detail].join(' ').trim(),
      );
    expect(of('{ "links": [ }')).toEqual(['error json  1:14']);
    expect(of('')).toEqual(['warning body-missing']);
    expect(of('{"links":[]}')).toEqual(['warning member-value links ≥ 1']);
    expect(
      of(
        '{"links":[{"name":5,"connector-name":"generic-jdbc-connector","link-config-values":{"configs":[]}}]}',
      ),
    ).toEqual(['warning member-type links[0].name string']);
    expect(of('{"links":[{}]}')).toEqual(expect.arrayContaining(['warning member-missing links[0].name']));
  });
});
