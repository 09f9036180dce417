import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { reservedNames, variableNamePattern } from '../planner/setting-texts.ts';
import { variableContext } from '../secrets/sealed-values.ts';
import type { SecretBox } from '../secrets/secret-box.ts';
import type { VariableRecord, VariableScope } from '../store/model.ts';
import type { Store } from '../store/store.ts';

/** Variables of one scope. */
const variablesMax = 1_000;
/** Characters of a secret value at least: a shorter one could not be told from other text where it is masked. */
const secretCharsMin = 6;

export interface VariableServiceDeps {
  readonly store: Store;
  readonly secrets: SecretBox;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** Variables of clusters and projects that jobs use in their settings. */
export class VariableService {
  readonly #deps: VariableServiceDeps;

  constructor(deps: VariableServiceDeps) {
    this.#deps = deps;
  }

  /** By name. */
  async list(scope: VariableScope): Promise<readonly VariableRecord[]> {
    return await this.#deps.store.variables.list(scope);
  }

  /** Sets a variable: from the next start of a job on. @throws Cdm.0014 for a name or value that cannot be. */
  async put(
    scope: VariableScope,
    name: string,
    given: { readonly value: string; readonly isSecret: boolean },
    user: string,
  ): Promise<VariableRecord> {
    const { store, secrets, now } = this.#deps;
    requireVariableName(name);
    requireValue(given);
    const { value, isSecret } = given;
    const known = await store.variables.list(scope);
    if (known.length >= variablesMax && !known.some((one) => one.name === name)) {
      throw refused('variable_name', {
        en: `There are ${variablesMax} variables already.`,
        zh: `变量已达 ${variablesMax} 个。`,
      });
    }
    const variable: VariableRecord = {
      scope,
      name,
      value: isSecret ? null : value,
      sealedValue: isSecret ? secrets.seal(value, variableContext(scope.id, name)) : null,
      updatedBy: user,
      updatedAt: now(),
    };
    await store.variables.put(variable);
    return variable;
  }

  /** @throws Cdm.0001 (404) when there is none. */
  async delete(scope: VariableScope, name: string): Promise<void> {
    if (await this.#deps.store.variables.delete(scope, name)) return;
    throw new SluiceError('Cdm.0001', { name }, { status: 404 });
  }
}

function requireVariableName(name: string): void {
  if (variableNamePattern.test(name) && !reservedNames.has(name)) return;
  const reserved = [...reservedNames].join(', ');
  throw refused('variable_name', {
    en: `A name has 1 to 128 letters, digits, underscores, hyphens and full stops, begins with a letter or an underscore, and is none of ${reserved}.`,
    zh: `名称为 1 到 128 个字母、数字、下划线、中划线或点，以字母或下划线开头，且不能为 ${reserved}。`,
  });
}

function requireValue({ value, isSecret }: { readonly value: string; readonly isSecret: boolean }): void {
  if (value.includes('\0')) {
    throw refused('value', { en: 'It holds NUL.', zh: '不能包含 NUL 字符。' });
  }
  if (isSecret && value.length < secretCharsMin) {
    throw refused('value', {
      en: `A secret value has ${secretCharsMin} characters at least.`,
      zh: `加密变量的值至少 ${secretCharsMin} 个字符。`,
    });
  }
}

function refused(name: string, why: { readonly en: string; readonly zh: string }): SluiceError {
  return new SluiceError('Cdm.0014', { name, ...explained(why) });
}
