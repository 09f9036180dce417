import type { Json } from '@sluice/core/data/json';
import { explained } from '@sluice/core/errors/explained';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { JobRecord } from '../store/model.ts';

const fromList = 'fromJobConfig.columnList';
const toList = 'toJobConfig.columnList';

/** The columns of a job by position; null: all of the source in their order, or their names at the destination. */
export interface ColumnLists {
  readonly from: readonly string[] | null;
  readonly to: readonly string[] | null;
}

/**
 * The two column lists of a job, which are paired by position.
 * @throws Cdm.0931 they differ in length; Cdm.0011 a column is read twice and no other name is given for one of the two.
 */
export function columnListsOf({
  fromOptions,
  toOptions,
}: Pick<JobRecord, 'fromOptions' | 'toOptions'>): ColumnLists {
  const lists = { from: columnList(fromOptions[fromList]), to: columnList(toOptions[toList]) };
  const { from, to } = lists;
  if (from !== null && to !== null && from.length !== to.length) throw differs(from, to);
  const twice = to === null ? from?.find((name, at) => from.indexOf(name) !== at) : undefined;
  if (twice !== undefined) {
    throw new SluiceError('Cdm.0011', {
      name: fromList,
      ...explained({
        en: `The column "${twice}" is read twice: say in ${toList} what each of the two is written to.`,
        zh: `字段“${twice}”读取了两次：请在 ${toList} 中分别指定目的字段。`,
      }),
    });
  }
  return lists;
}

/** The same for a job that is saved: a list with a variable in it may still become any. */
export function requireColumnLists(job: Pick<JobRecord, 'fromOptions' | 'toOptions'>): void {
  const isOpen = [job.fromOptions[fromList], job.toOptions[toList]].some((value) =>
    String(value ?? '').includes('${'),
  );
  if (!isOpen) columnListsOf(job);
}

/** `a&b&c` to its names as typed, for blanks may belong to a name; null when absent or empty. */
function columnList(value: Json | undefined): readonly string[] | null {
  return typeof value !== 'string' || value.trim() === '' ? null : value.split('&');
}

function differs(from: readonly string[], to: readonly string[]): SluiceError {
  const [longer, shorter] = from.length > to.length ? [from, to] : [to, from];
  const alone = longer[shorter.length] ?? '';
  return new SluiceError('Cdm.0931', {
    schema: to.join(', '),
    result: from.join(', '),
    ...explained({
      en: `${fromList} names ${from.length} columns, ${toList} ${to.length}; they are paired by position, and "${alone}" is the first without a partner.`,
      zh: `${fromList} 有 ${from.length} 个字段，${toList} 有 ${to.length} 个；两者按位置对应，“${alone}”起没有对应的字段。`,
    }),
  });
}
