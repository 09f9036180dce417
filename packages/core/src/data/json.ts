/** A value that survives JSON.stringify and JSON.parse unchanged: what may cross a process border or rest in a store. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
