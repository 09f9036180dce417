import { textCharsMax } from './limits.ts';
import type { SampleNote } from './sample-note.ts';
import { membersOf, requestModelOf, type SdkOperationId, type SdkType } from './sdk-models.ts';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** What a vendor's class is filled with; each language writes it in its own way. */
export type SdkValue =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'flag'; readonly flag: boolean }
  | { readonly kind: 'int32' | 'int64'; readonly number: number }
  /** `owner` and `member` name the class and its member whose enumeration it is. */
  | {
      readonly kind: 'enumeration';
      readonly owner: string;
      readonly member: string;
      readonly value: string;
    }
  /** Free JSON, without null. */
  | { readonly kind: 'any'; readonly json: Json }
  | { readonly kind: 'list'; readonly of: SdkType; readonly items: readonly SdkValue[] }
  | SdkObject;

export interface SdkObject {
  readonly kind: 'model';
  readonly model: string;
  readonly members: readonly {
    readonly wire: string;
    readonly isRequired: boolean;
    readonly value: SdkValue;
  }[];
}

/** What a request is made of, by the names on the wire. */
export interface SdkInputs {
  /** Parameters, as text. */
  readonly parameters: ReadonlyMap<string, string>;
  readonly body: Json | undefined;
}

const int32Bounds = [-2_147_483_648, 2_147_483_647] as const;

/** The request of one operation as an object of the vendor's classes, with a note for all that they cannot hold. */
export function sdkRequest(
  operationId: SdkOperationId,
  { parameters, body }: SdkInputs,
): { readonly request: SdkObject; readonly notes: readonly SampleNote[] } {
  const reader = new SdkReader();
  const model = requestModelOf(operationId);
  const members = membersOf(model).flatMap(({ wire, type, isRequired }) => {
    if (wire === 'body') {
      const value = body === undefined ? undefined : reader.read(type, body, { at: '', owner: model, wire });
      return value === undefined ? [] : [{ wire, isRequired, value }];
    }
    const text = wire === 'Content-Type' ? 'application/json' : parameters.get(wire);
    if (text === undefined) return [];
    const value = reader.read(type, parameterJson(type, text), { at: wire, owner: model, wire });
    return value === undefined ? [] : [{ wire, isRequired, value }];
  });
  return { request: { kind: 'model', model, members }, notes: reader.notes };
}

/** Parameters come as text; where the class has a number, digits become one. */
function parameterJson(type: SdkType, text: string): Json {
  return type.kind === 'int32' && /^[+-]?\d{1,10}$/.test(text) ? Number(text) : text;
}

interface Place {
  /** Where it stands in the body, or the parameter's name. */
  readonly at: string;
  readonly owner: string;
  readonly wire: string;
}

class SdkReader {
  readonly notes: SampleNote[] = [];

  read(type: SdkType, json: Json, place: Place): SdkValue | undefined {
    if (json === null) return this.#without('null', place.at);
    const value = this.#fitting(type, json, place);
    return value ?? this.#without('misfit', place.at);
  }

  #without(reason: SampleNote['reason'], at: string): undefined {
    // What lies below a place has said why already.
    if (!this.notes.some((note) => note.at === at)) this.notes.push({ reason, at });
    return undefined;
  }

  #fitting(type: SdkType, json: Json, place: Place): SdkValue | undefined {
    switch (type.kind) {
      case 'text':
        return isText(json) ? { kind: 'text', text: json } : undefined;
      case 'flag':
        return typeof json === 'boolean' ? { kind: 'flag', flag: json } : undefined;
      case 'int32':
        return isWithin(json, ...int32Bounds) ? { kind: 'int32', number: json } : undefined;
      case 'int64':
        return isWithin(json, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
          ? { kind: 'int64', number: json }
          : undefined;
      case 'enumeration':
        return typeof json === 'string' && type.values.includes(json)
          ? { kind: 'enumeration', owner: place.owner, member: place.wire, value: json }
          : undefined;
      case 'any': {
        const free = this.#free(json, place.at);
        return free === undefined ? undefined : { kind: 'any', json: free };
      }
      case 'list':
        return this.#list(type, json, place);
      case 'model':
        return this.#object(type.name, json, place.at);
    }
  }

  #list(type: SdkType & { kind: 'list' }, json: Json, place: Place): SdkValue | undefined {
    // An empty object stands for no entries, as some clients send it.
    const items = isObject(json) && Object.keys(json).length === 0 ? [] : json;
    if (!isList(items)) return undefined;
    const read = items.map((item, index) =>
      this.read(type.of, item, { ...place, at: `${place.at}[${index}]` }),
    );
    return { kind: 'list', of: type.of, items: read.filter((item) => item !== undefined) };
  }

  #object(model: string, json: Json, at: string): SdkObject | undefined {
    if (!isObject(json)) return undefined;
    const known = membersOf(model);
    const members = known.flatMap(({ wire, type, isRequired }) => {
      const place = { at: below(at, wire), owner: model, wire };
      const given = Object.hasOwn(json, wire) ? json[wire] : undefined;
      if (given === undefined) {
        if (isRequired) this.#without('missing', place.at);
        return [];
      }
      const value = this.read(type, given, place);
      return value === undefined ? [] : [{ wire, isRequired, value }];
    });
    for (const name of Object.keys(json)) {
      if (!known.some(({ wire }) => wire === name)) this.#without('unknown-member', below(at, name));
    }
    return { kind: 'model', model, members };
  }

  #free(json: Json, at: string): Json | undefined {
    if (json === null) return this.#without('null', at);
    if (isList(json)) {
      const items = json.map((item, index) => this.#free(item, `${at}[${index}]`));
      return items.filter((item) => item !== undefined);
    }
    if (isObject(json)) {
      const entries = Object.entries(json).map(
        ([name, of]) => [name, this.#free(of, below(at, name))] as const,
      );
      return Object.fromEntries(entries.filter((entry): entry is [string, Json] => entry[1] !== undefined));
    }
    if (typeof json === 'string' && !isText(json)) return this.#without('misfit', at);
    return typeof json === 'number' && !Number.isFinite(json) ? this.#without('misfit', at) : json;
  }
}

const below = (at: string, name: string) => (at === '' ? name : `${at}.${name}`);

const isText = (json: Json): json is string => typeof json === 'string' && json.length <= textCharsMax;

const isList = (json: Json): json is readonly Json[] => Array.isArray(json);

const isObject = (json: Json): json is { readonly [name: string]: Json } =>
  typeof json === 'object' && json !== null && !isList(json);

const isWithin = (json: Json, least: number, most: number): json is number =>
  typeof json === 'number' && Number.isInteger(json) && json >= least && json <= most;

/** A number as all the languages read it: digits, and an exponent where they would overflow a whole number. */
export function numberText(number: number): string {
  if (Number.isSafeInteger(number)) return String(number === 0 ? 0 : number);
  return Number.isInteger(number) ? number.toExponential() : String(number);
}

/** Every class that a request is made of, each once. */
export function modelsIn(value: SdkValue): string[] {
  const found = new Set<string>();
  const visit = (one: SdkValue) => {
    if (one.kind === 'list') one.items.forEach(visit);
    if (one.kind !== 'model') return;
    found.add(one.model);
    for (const member of one.members) visit(member.value);
  };
  visit(value);
  return [...found].sort();
}
