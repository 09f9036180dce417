import { lossText } from '@sluice/core/data/loss';
import type { Language, Text } from '@sluice/core/data/text';
import { code, fileText, type Page, pageHead, pagePath, table } from '../../tools/docs/markdown.ts';
import type { System } from './columns.ts';
import type { End } from './ends.ts';
import type { Verdict } from './verdicts.ts';

const names: Readonly<Record<System, string>> = {
  postgres: 'PostgreSQL',
  mariadb: 'MariaDB',
  mysql: 'MySQL',
};
/** Longest literal on the page. */
const SHOWN_MAX = 60;

const texts = {
  title: { en: 'Type torture', zh: '数据类型边界值实测' },
  intro: {
    en: 'Edge values of every type, moved by jobs between every pair of databases: into a table that the job creates, and into existing columns of other types, in every form that the plan can choose. The databases’ own clients print both sides and a program that shares no code with the product compares them. **Identical** is defined in [the reference of types](types.md). What is not identical was refused, with its reason in the job’s error. Of a column named once, all values are one or the other; else the values are listed.',
    zh: '各类型的边界值经由作业在每一对数据库之间迁移：写入作业自动创建的表，以及其他类型的已有字段，并覆盖计划可选择的每种传输形式。两侧取值由数据库自带的客户端输出，由不与产品共享代码的程序比较。“一致”的定义见[数据类型参考](types.zh-CN.md)。不一致的值均被拒绝，原因见作业的错误信息。',
  },
  head: {
    en: ['source type', 'destination type', 'form', 'identical', 'refused', 'what the plan says'],
    zh: ['源类型', '目的类型', '传输形式', '一致', '拒绝', '计划中的说明'],
  },
  created: { en: 'created', zh: '自动创建' },
  all: { en: 'all', zh: '全部' },
  refusedPair: { en: 'refused with the plan', zh: '计划阶段拒绝' },
} satisfies Readonly<Record<string, Text | { en: readonly string[]; zh: readonly string[] }>>;

/** The whole table, one page a language. Sorted, so that the same behaviour gives the same page. */
export function torturePages(verdicts: readonly Verdict[], ends: readonly End[]): readonly Page[] {
  return (['en', 'zh'] as const).map((language) => pageOf(verdicts, ends, language));
}

function pageOf(verdicts: readonly Verdict[], ends: readonly End[], language: Language): Page {
  const lines = [
    ...pageHead(texts.title[language], language, 'type-torture', ['proofs/types.ts']).map((line) =>
      line.replace('npm run docs', 'npm run prove -- types --page write'),
    ),
    texts.intro[language],
    '',
    ends.map(({ system, version }) => `${names[system]} ${version}`).join(', '),
  ];
  for (const from of ends) {
    for (const to of ends) {
      const of = verdicts.filter((each) => each.from === from.system && each.to === to.system);
      const identical = of.filter(({ kind }) => kind === 'identical').length;
      const refused = of.filter(({ kind }) => kind === 'refused').length;
      const arrow = language === 'en' ? 'to' : '到';
      const sum = `${of.length} = ${identical} ${texts.head[language][3]} + ${refused} ${texts.head[language][4]}`;
      lines.push('', `## ${names[from.system]} ${arrow} ${names[to.system]}`, '', sum, '');
      lines.push(...table(texts.head[language], rowsOf(of, language)));
    }
  }
  return { path: pagePath('type-torture', language), text: fileText(lines) };
}

function rowsOf(verdicts: readonly Verdict[], language: Language): readonly (readonly string[])[] {
  const groups = new Map<string, Verdict[]>();
  for (const verdict of verdicts) {
    const { sourceType, targetType, isCreated, form } = verdict;
    const key = [sourceType, isCreated ? '' : targetType, form].join('\n');
    groups.set(key, [...(groups.get(key) ?? []), verdict]);
  }
  const rows = [...groups].map(([key, group]) => ({ key, cells: rowOf(group, language) }));
  return rows.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ cells }) => cells);
}

function rowOf(group: readonly Verdict[], language: Language): readonly string[] {
  const [first] = group;
  if (first === undefined) return [];
  const target = first.isCreated
    ? `${code(group.find(({ targetType }) => targetType !== null)?.targetType ?? '')} (${texts.created[language]})`
    : code(first.targetType ?? '');
  const said = first.losses
    .filter(({ column }) => column !== 'id')
    .map((loss) => lossText({ ...loss, column: null })[language]);
  return [
    code(first.sourceType),
    target,
    first.form ?? texts.refusedPair[language],
    valuesOf(group, 'identical', language),
    valuesOf(group, 'refused', language),
    said.join('; '),
  ];
}

function valuesOf(group: readonly Verdict[], kind: Verdict['kind'], language: Language): string {
  const chosen = group.filter((verdict) => verdict.kind === kind);
  if (chosen.length === group.length) return texts.all[language];
  return chosen.map(({ literal }) => code(shown(literal))).join(' ');
}

function shown(literal: string): string {
  const line = literal.replaceAll('`', "'").replace(/\s/g, ' ');
  return line.length > SHOWN_MAX ? `${line.slice(0, SHOWN_MAX)}…` : line;
}
