import { SluiceError } from '@sluice/core/errors/sluice-error';

/**
 * Warnings and notes that mean that a value was changed on its way in. Strict mode turns most of these into errors, but
 * a decimal that loses digits, blanks cut from the end of a text and a number read from half a text stay notes.
 */
const valueChanged = new Set([1263, 1264, 1265, 1292, 1365, 1366, 1406, 1411, 1441]);

/** @throws Cdm.0234 when a warning, as SHOW WARNINGS lists it, tells of a value that is not what was sent. */
export function refuseChange(code: number, message: string): void {
  if (valueChanged.has(code)) throw new SluiceError('Cdm.0234', { cause: message });
}
