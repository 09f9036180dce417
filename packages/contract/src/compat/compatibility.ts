import type { ConnectorSpec } from '@sluice/core/connector/registry';
import type { Language, Text } from '@sluice/core/data/text';
import { errorCodes } from '@sluice/core/errors/codes';
import { leftOutCodes, unraisedCodes } from '@sluice/core/errors/unraised';
import type { OptionGroup } from '@sluice/core/options/option';
import { buildOpenApi } from '../openapi.ts';
import type { OperationId } from '../operation.ts';
import { operationOf, operations } from '../operations.ts';
import publishedApi from '../reference/published-api.json' with { type: 'json' };
import publishedConnectors from '../reference/published-connectors.json' with { type: 'json' };
import { effectKeyword } from '../wire-types.ts';
import type { Compatibility, CompatTotals, Treatment } from './compat-views.ts';
import { type DescribedApi, membersOf, schemasTravelling } from './members.ts';
import observedMembers from './observed-members.json' with { type: 'json' };

/** What the report is computed from, beside the contract itself. */
export interface Product {
  readonly version: string;
  readonly isServed: (operationId: OperationId) => boolean;
  /** The connectors that links may name. */
  readonly connectors: readonly Pick<ConnectorSpec, 'name' | 'link' | 'from' | 'to'>[];
  /** The settings of every job. */
  readonly driverGroups: readonly OptionGroup[];
}

/** What the scenario in tools/docs saw the server do. */
const observed: Readonly<Record<'succeeded' | 'read' | 'answered', readonly string[]>> = observedMembers;

/** The published facts as a description that `membersOf` reads. */
export const referenceApi = publishedApi as unknown as DescribedApi;

/** The operations that clients know: without the alias of ours. */
export const referenceOperations: readonly OperationId[] = operations
  .map(({ operationId }) => operationId)
  .filter((operationId) => operationId !== 'ListLinksUnnamed');

interface Judged {
  readonly treatment: Treatment;
  readonly why: Text | null;
}

const honoured: Judged = { treatment: 'honoured', why: null };

const texts = {
  notServed: { en: 'This version does not serve the operation.', zh: '当前版本未提供该操作。' },
  notObserved: {
    en: 'No call of the scenario behind this report was answered.',
    zh: '生成本报告的场景中没有该操作成功的调用。',
  },
  notRead: { en: 'Taken in any form and not looked at.', zh: '接受任意取值，不作处理。' },
  noEffect: {
    en: 'Kept and given back; nothing here acts on it.',
    zh: '保存并原样返回，不产生作用。',
  },
  notAnswered: { en: 'Answers of this version leave it out.', zh: '当前版本的应答不含该成员。' },
  notTaken: { en: 'The operation does not look at it.', zh: '该操作不读取此参数。' },
  noConnector: {
    en: 'This version has no such connector (Cdm.0102).',
    zh: '当前版本没有该连接器（Cdm.0102）。',
  },
  noEnd: {
    en: 'The connector does not work in this direction here (Cdm.0061).',
    zh: '该连接器在此不支持这一方向（Cdm.0061）。',
  },
  noOption: {
    en: 'The connector has no such setting here (Cdm.0089).',
    zh: '该连接器在此没有该参数（Cdm.0089）。',
  },
} as const satisfies Readonly<Record<string, Text>>;

/**
 * Compares this server with the reference, item by item. Pure: schemas, option tables, the table of codes that are never
 * raised, and what `observed-members.json` saw requests and answers do.
 */
export function buildCompatibility(product: Product, language: Language): Compatibility {
  const written = <Row extends object>(row: Row, { treatment, why }: Judged) => ({
    ...row,
    treatment,
    why: why === null ? null : why[language],
  });
  const lists = {
    operations: referenceOperations.map((operationId) => {
      const { method, path } = operationOf(operationId);
      const row = { operation_id: operationId, request: `${method} ${path}` };
      return written(row, operationTreatment(operationId, product));
    }),
    request_members: requestMembers().map(({ name, judged }) => written({ name }, judged)),
    answer_members: answerMembers().map(({ name, judged }) => written({ name }, judged)),
    parameters: parameterRows(product).map(({ judged, ...row }) => written(row, judged)),
    options: optionRows(product).map(({ judged, ...row }) => written(row, judged)),
    errors: errorRows().map(({ code, judged }) => written({ code }, judged)),
  };
  const totals = {
    operations: totalOf(lists.operations),
    request_members: totalOf(lists.request_members),
    answer_members: totalOf(lists.answer_members),
    parameters: totalOf(lists.parameters),
    options: totalOf(lists.options),
    errors: totalOf(lists.errors),
  };
  return {
    reference: 'CDM API v1.1',
    version: product.version,
    totals: { ...totals, all: totalOf(Object.values(lists).flat()) },
    ...lists,
  };
}

function totalOf(rows: readonly { readonly treatment: Treatment }[]): CompatTotals {
  const count = (treatment: Treatment) => rows.filter((row) => row.treatment === treatment).length;
  return {
    honoured: count('honoured'),
    ignored: count('ignored'),
    refused: count('refused'),
    total: rows.length,
  };
}

const succeeded: ReadonlySet<string> = new Set(observed.succeeded);

function operationTreatment(operationId: OperationId, product: Product): Judged {
  if (!product.isServed(operationId)) return { treatment: 'refused', why: texts.notServed };
  return succeeded.has(operationId) ? honoured : { treatment: 'refused', why: texts.notObserved };
}

interface MemberRow {
  readonly name: string;
  readonly judged: Judged;
}

/** Members of the reference's schemas that travel in this direction. */
function membersTravelling(direction: 'request' | 'answer'): readonly string[] {
  const names = schemasTravelling(referenceApi, direction);
  return [...membersOf(referenceApi).keys()].filter((member) =>
    names.has(/^[^.[{]+/.exec(member)?.[0] ?? ''),
  );
}

function requestMembers(): readonly MemberRow[] {
  const read = new Set(observed.read);
  const description = buildOpenApi({ serverUrl: '', version: '', isServed: () => true });
  const ours = membersOf(description as unknown as DescribedApi);
  return membersTravelling('request').map((name) => {
    if (!read.has(name)) return { name, judged: { treatment: 'ignored', why: texts.notRead } };
    const hasEffect = ours.get(name)?.[effectKeyword] !== 'none';
    return { name, judged: hasEffect ? honoured : { treatment: 'ignored', why: texts.noEffect } };
  });
}

function answerMembers(): readonly MemberRow[] {
  const answered = new Set(observed.answered);
  return membersTravelling('answer').map((name) => ({
    name,
    judged: answered.has(name) ? honoured : { treatment: 'refused', why: texts.notAnswered },
  }));
}

interface ParameterFact {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
}

function parameterRows(product: Product) {
  const facts = publishedApi.components.parameters as unknown as Readonly<Record<string, ParameterFact>>;
  const routes = publishedApi.paths as unknown as DescribedApi['paths'];
  return referenceOperations.flatMap((operationId) => {
    const { method, path, parameters } = operationOf(operationId);
    const published = routes[path]?.[method.toLowerCase()]?.parameters;
    return (Array.isArray(published) ? published.map(String) : []).map((id) => {
      const fact = facts[id];
      if (fact === undefined) throw new TypeError(`the reference has no parameter ${id}`);
      const judged: Judged = !product.isServed(operationId)
        ? { treatment: 'refused', why: texts.notServed }
        : parameters.some((own) => own === id)
          ? honoured
          : { treatment: 'ignored', why: texts.notTaken };
      return { operation_id: operationId, name: fact.name, in: fact.in, judged };
    });
  });
}

type PublishedOptions = readonly (readonly string[])[];
type End = 'link' | 'from' | 'to';

function optionRows({ connectors, driverGroups }: Product) {
  const ends: readonly End[] = ['link', 'from', 'to'];
  const ofConnectors = publishedConnectors.connectors.flatMap((published) => {
    const spec = connectors.find(({ name }) => name === published.name);
    return ends.flatMap((end) =>
      (published[end] as PublishedOptions).map(([name = '']) => {
        const groups = spec === undefined ? null : spec[end] === null ? [] : [spec[end]];
        return { connector: published.name, end, name, judged: optionTreatment(name, groups) };
      }),
    );
  });
  const ofJobs = Object.values(publishedConnectors.driver as Readonly<Record<string, PublishedOptions>>)
    .flat()
    .map(([name = '']) => ({
      connector: null,
      end: 'driver' as const,
      name,
      judged: optionTreatment(name, driverGroups),
    }));
  return [...ofConnectors, ...ofJobs];
}

/** @param groups null: there is no such connector; empty: it does not work in this direction. */
function optionTreatment(name: string, groups: readonly OptionGroup[] | null): Judged {
  if (groups === null) return { treatment: 'refused', why: texts.noConnector };
  if (groups.length === 0) return { treatment: 'refused', why: texts.noEnd };
  const option = groups.flatMap(({ options }) => options).find((each) => each.name === name);
  if (option === undefined) return { treatment: 'refused', why: texts.noOption };
  return option.support === 'honoured' ? honoured : { treatment: option.support, why: option.help };
}

function errorRows(): readonly { readonly code: string; readonly judged: Judged }[] {
  const here = errorCodes.map((code) => {
    const why = unraisedCodes[code] ?? null;
    return { code, judged: why === null ? honoured : { treatment: 'refused' as const, why } };
  });
  const left = leftOutCodes.map(({ code, why }) => ({
    code,
    judged: { treatment: 'refused' as const, why },
  }));
  return [...here, ...left];
}
