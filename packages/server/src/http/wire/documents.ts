import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';

/** A JSON object as it came. */
export type Document = Readonly<Record<string, unknown>>;

export function isDocument(value: unknown): value is Document {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/**
 * The one link or job of a call: `{"links": [{…}]}`. Some clients wrap twice (`{"links": {"links": [{…}]}}`) or send
 * the object without the list around it; both are taken.
 * @throws Cdm.0018 none, more than one, or another shape.
 */
export function onlyDocument(body: unknown, member: 'links' | 'jobs'): Document {
  const wrapped = isDocument(body) ? body[member] : undefined;
  const inner = isDocument(wrapped) && wrapped[member] !== undefined ? wrapped[member] : wrapped;
  const list = Array.isArray(inner) ? inner : [inner];
  const [only] = list;
  if (list.length === 1 && isDocument(only)) return only;
  throw new SluiceError('Cdm.0018', {
    ...explained(
      list.length > 1
        ? {
            en: `"${member}" holds ${list.length} entries; one call takes one.`,
            zh: `“${member}”含有 ${list.length} 项；每次调用只能提交一项。`,
          }
        : {
            en: `The body must be an object with a list "${member}" of one object.`,
            zh: `请求体必须是对象，其列表“${member}”中有一个对象。`,
          },
    ),
  });
}

/** A member that is text; numbers and booleans are taken as the text they stand for. @returns null when absent, null or blank. @throws Cdm.0004 for anything else. */
export function textMember(document: Document, member: string): string | null {
  const value = document[member];
  if (value === undefined || value === null) return null;
  if (typeof value === 'string') return value.trim() === '' ? null : value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw wrongMember(member, { en: 'text', zh: '文本' });
}

/** @throws Cdm.0238 when the member is absent or blank; as `textMember`. */
export function requiredText(document: Document, member: string): string {
  const value = textMember(document, member);
  if (value === null) throw new SluiceError('Cdm.0238', { name: member });
  return value;
}

/** A member that is true or false, or one of these as text. @throws Cdm.0004 for anything else. */
export function flagMember(document: Document, member: string, whenAbsent: boolean): boolean {
  const value = document[member];
  if (value === undefined || value === null || value === '') return whenAbsent;
  if (typeof value === 'boolean') return value;
  const text = typeof value === 'string' ? value.trim().toLowerCase() : '';
  if (text === 'true' || text === 'false') return text === 'true';
  if (text === 'null') return whenAbsent;
  throw wrongMember(member, { en: 'true or false', zh: ' true 或 false' });
}

export function wrongMember(member: string, wanted: { en: string; zh: string }): SluiceError {
  return new SluiceError('Cdm.0004', {
    name: member,
    ...explained({ en: `${member} must be ${wanted.en}.`, zh: `${member} 必须是${wanted.zh}。` }),
  });
}
