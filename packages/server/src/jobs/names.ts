import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';

/** Links and jobs: 1 to 240 letters, digits, `-`, `_`, `.`, the first being no `-` or `.`. */
const namePattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,239}$/;

/** Stands for every link or job where a name is read, so nothing may be called so. */
export const reservedName = 'all';

/** @throws Cdm.0327 when a link or job may not have this name. */
export function requireName(name: string): void {
  if (namePattern.test(name) && name !== reservedName) return;
  throw new SluiceError('Cdm.0327', {
    name,
    ...explained({
      en: 'A name has 1 to 240 letters, digits, hyphens, underscores and full stops, does not begin with a hyphen or a full stop, and is not "all".',
      zh: '名称为 1 到 240 个字母、数字、中划线、下划线或点，不能以中划线或点开头，且不能为 all。',
    }),
  });
}
