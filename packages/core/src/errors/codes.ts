/** Every code that may leave the server; the catalogue beside this file gives each its texts. */
export type ErrorCode = `Cdm.${string}` | `CDM.${string}` | `APIGW.${string}` | `IAM.${string}`;
