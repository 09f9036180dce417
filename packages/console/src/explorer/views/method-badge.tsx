/** The method of a call, in its colour. */
export function MethodBadge({ method }: { readonly method: string }) {
  return <span class={`method method-${method.toLowerCase()}`}>{method === 'DELETE' ? 'DEL' : method}</span>;
}
