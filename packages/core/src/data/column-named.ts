/**
 * A column by the name that a person gave it: exactly so, or else the only one that differs from it in nothing but case.
 * @returns undefined when there is none, or several differ in case only and none is meant exactly.
 */
export function columnNamed<T extends { readonly name: string }>(
  columns: readonly T[],
  name: string,
): T | undefined {
  const exact = columns.find((column) => column.name === name);
  if (exact !== undefined) return exact;
  const wanted = name.toLowerCase();
  const alike = columns.filter((column) => column.name.toLowerCase() === wanted);
  return alike.length === 1 ? alike[0] : undefined;
}
