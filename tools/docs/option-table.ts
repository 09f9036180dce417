import type { Language, Text } from '@sluice/core/data/text';
import type { Option } from '@sluice/core/options/option';
import { code, table } from './markdown.ts';

/** How Sluice treats an option, in a word. */
export const supportWords = {
  honoured: { en: 'honoured', zh: '支持' },
  ignored: { en: 'kept only', zh: '仅保存' },
  refused: { en: 'refused', zh: '拒绝' },
} as const satisfies Record<Option['support'], Text>;

const head: { readonly [L in Language]: readonly string[] } = {
  en: ['option', 'type', 'required', 'default', 'values', 'support', 'meaning'],
  zh: ['参数', '类型', '必选', '默认值', '取值', '支持', '含义'],
};
const required: Text = { en: 'yes', zh: '是' };
const example: Text = { en: 'e.g. ', zh: '如 ' };

/** Every option of a group, one a row, under its name on the wire. */
export function optionTable(options: readonly Option[], language: Language): readonly string[] {
  const rows = options.map((option) => [
    code(option.name),
    option.type,
    option.required === true ? required[language] : '-',
    option.default === undefined ? '-' : code(option.default),
    valuesText(option, language),
    supportWords[option.support][language],
    `**${option.title[language]}.** ${option.help[language]}`.replace(
      '.** ',
      language === 'zh' ? '**：' : '.** ',
    ),
  ]);
  return table(head[language], rows);
}

interface Values {
  readonly values?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  readonly example?: string;
}

/** The list, the range or an example. */
export function valuesText({ values, min, max, example: sample }: Values, language: Language): string {
  if (values !== undefined) return values.map(code).join(', ');
  if (min !== undefined && max !== undefined) return `${min} - ${max}`;
  if (min !== undefined) return `>= ${min}`;
  if (max !== undefined) return `<= ${max}`;
  return sample === undefined ? '-' : `${example[language]}${code(sample)}`;
}
