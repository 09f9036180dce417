import type { TSchema } from 'typebox';
import { describe, expect, it } from 'vitest';
import { operationOf } from '../operations.ts';
import { parameters } from '../parameters.ts';
import { sampleOperationIds } from './build-sample.ts';
import { membersOf, requestModelOf, type SdkType, sdkModels } from './sdk-models.ts';

/** Where contract and packages differ on purpose. */
const waived = [
  'CreateClusterRequest.autoRemind: no such member in CdmCreateClusterReq',
  'CreateClusterRequest.phoneNum: no such member in CdmCreateClusterReq',
];

/** The kinds of a schema; none when any value passes. */
function kindsOf(schema: TSchema): string[] {
  const { type, anyOf, enum: values } = schema as { type?: string; anyOf?: TSchema[]; enum?: string[] };
  if (anyOf !== undefined) return anyOf.flatMap(kindsOf);
  if (values !== undefined) return ['string'];
  return type === undefined ? [] : [type];
}

const kindOfType: Readonly<Record<SdkType['kind'], string | null>> = {
  text: 'string',
  flag: 'boolean',
  int32: 'integer',
  int64: 'integer',
  enumeration: 'string',
  list: 'array',
  model: 'object',
  any: null,
};

/** Walks a schema of the contract and a class of the packages side by side. */
function compare(schema: TSchema, model: string, at: string, found: Set<string>): void {
  const { properties = {} } = schema as { properties?: Record<string, TSchema> };
  const members = membersOf(model);
  for (const name of Object.keys(properties)) {
    if (!members.some(({ wire }) => wire === name)) found.add(`${at}.${name}: no such member in ${model}`);
  }
  for (const { wire, type } of members) {
    const of = properties[wire];
    if (of === undefined) found.add(`${at}: no member ${wire}, which ${model} has`);
    else compareTypes(of, type, `${at}.${wire}`, found);
  }
}

function compareTypes(schema: TSchema, type: SdkType, at: string, found: Set<string>): void {
  const kinds = kindsOf(schema);
  const kind = kindOfType[type.kind];
  if (kinds.length > 0 && kind !== null && !kinds.includes(kind))
    found.add(`${at}: ${kinds} and ${type.kind}`);
  const { enum: values, anyOf = [schema] } = schema as { enum?: string[]; anyOf?: TSchema[] };
  if (type.kind === 'enumeration' && values !== undefined && values.join() !== type.values.join()) {
    found.add(`${at}: ${values} and ${type.values}`);
  }
  if (type.kind === 'model' && kinds.includes('object')) compare(schema, type.name, at, found);
  const lists = anyOf as { items?: TSchema }[];
  const items = lists.find((one) => one.items !== undefined)?.items;
  if (type.kind === 'list' && items !== undefined) compareTypes(items, type.of, `${at}[]`, found);
}

describe('the table of the vendor’s classes', () => {
  it('describes the 28 operations', () => {
    expect(sampleOperationIds).toHaveLength(28);
  });

  it('has the parameters and bodies of the contract', () => {
    const found = new Set<string>();
    for (const id of sampleOperationIds) {
      const { parameters: ids, request } = operationOf(id);
      const members = membersOf(requestModelOf(id));
      const names = ids
        .map((parameter) => parameters[parameter].name)
        .filter((name) => name !== 'project_id');
      const wires = members
        .map(({ wire }) => wire)
        .filter((wire) => wire !== 'body' && wire !== 'Content-Type');
      expect(wires.sort(), id).toEqual(names.sort());
      const body = members.find(({ wire }) => wire === 'body')?.type;
      expect(body?.kind ?? null, id).toBe(request === null ? null : 'model');
      if (request !== null && body?.kind === 'model')
        compare(request, body.name, String(Reflect.get(request, 'title')), found);
    }
    expect([...found].sort()).toEqual(waived);
  });

  it('names no class that is not in it, and has none that nothing needs', () => {
    const used = new Set<string>(sampleOperationIds.map(requestModelOf));
    const visit = (type: SdkType): void => {
      if (type.kind === 'list') visit(type.of);
      if (type.kind === 'model') used.add(type.name);
    };
    for (const members of sdkModels().values()) for (const { type } of members) visit(type);
    expect([...used].sort()).toEqual([...sdkModels().keys()].sort());
  });
});
