/**
 * One value of a row in the neutral form. Text carries everything that JavaScript numbers would bend:
 *
 * | neutral kind      | value                                                             |
 * |-------------------|-------------------------------------------------------------------|
 * | boolean           | boolean; a number where a TINYINT(1) holds another than 0 and 1   |
 * | integer           | number when |v| <= 2^53 - 1, else bigint                          |
 * | decimal           | string, plain notation, also `NaN`, `Infinity`, `-Infinity`       |
 * | float             | number (NaN and infinities included)                              |
 * | text, json, other | string                                                            |
 * | binary            | Uint8Array                                                        |
 * | date              | string `YYYY-MM-DD` (years beyond 9999 and ` BC` as the source says, also `infinity`) |
 * | time              | string `HH:MM:SS[.ffffff][+HH[:MM]]`                              |
 * | timestamp         | string `YYYY-MM-DD HH:MM:SS[.ffffff]`, zoned ones in UTC with `+00` |
 * | uuid              | string, lower case                                                |
 * | bits              | string of 0 and 1                                                 |
 */
export type Value = null | boolean | number | bigint | string | Uint8Array;
