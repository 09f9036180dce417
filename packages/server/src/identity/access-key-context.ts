/** What a sealed SK is bound to: whoever creates an access key seals its SK with this context. */
export function accessKeyContext(ak: string): string {
  return `access-key/${ak}`;
}
