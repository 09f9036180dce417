import { bundle } from '@sluice/connectors/bundle';
import type { ConnectorSpec } from '@sluice/core/connector/registry';
import type { Language, Text } from '@sluice/core/data/text';
import type { OptionGroup } from '@sluice/core/options/option';
import { driverGroups } from '@sluice/server/jobs/driver-options';
import { connectionProperties } from '../../packages/connectors/src/jdbc/connection-properties.ts';
import { systemsOf } from './connector-systems.ts';
import { fileText, type Page, pageHead, pagePath, table } from './markdown.ts';
import { optionTable, supportWords, valuesText } from './option-table.ts';

const texts = {
  title: { en: 'Connectors', zh: '连接器' },
  intro: {
    en: 'What links and jobs may say, and what Sluice makes of it. Three words say how an option is treated:',
    zh: '连接和作业可用的参数，以及 Sluice 对各参数的处理方式。处理方式分三种：',
  },
  support: {
    honoured: { en: 'acted on.', zh: '按其含义执行。' },
    ignored: {
      en: 'taken and given back as it came, without effect: it has no meaning here.',
      zh: '接受并原样返回，但不起作用：在此没有意义。',
    },
    refused: {
      en: 'would change the result and is not built: a link or job that sets it to anything but its default is refused.',
      zh: '会影响结果而尚未实现：连接或作业将其设为默认值以外的取值时会被拒绝。',
    },
  },
  secrets: {
    en: 'Values of type `password` are stored encrypted and never given back. Names and values of the options are those of the published API.',
    zh: '`password` 类型的取值加密保存，从不返回。参数名和取值与公开的 API 一致。',
  },
  link: { en: 'link', zh: '连接' },
  from: { en: 'source of a job', zh: '作业源端' },
  to: { en: 'destination of a job', zh: '作业目的端' },
  driver: { en: 'Options of every job', zh: '作业通用参数' },
  driverIntro: {
    en: 'The groups of `driver-config-values`, whatever the connectors.',
    zh: '`driver-config-values` 中的各组参数，与连接器无关。',
  },
  properties: { en: 'Connection properties', zh: '连接属性' },
  propertiesIntro: {
    en: 'The names that `linkConfig.jdbcProperties` may hold. Any other name is refused rather than dropped.',
    zh: '`linkConfig.jdbcProperties` 可用的名称，其他名称一律拒绝，不会静默丢弃。',
  },
  head: {
    en: ['connector', 'system', 'reads', 'writes', 'proved on'],
    zh: ['连接器', '系统', '读取', '写入', '验证环境'],
  },
  propertyHead: {
    en: ['name', 'system', 'type', 'values', 'support', 'meaning'],
    zh: ['名称', '系统', '类型', '取值', '支持', '含义'],
  },
  yes: { en: 'yes', zh: '是' },
  no: { en: '-', zh: '-' },
} as const;

export function connectorsPage(language: Language): Page {
  const sources = [
    'packages/connectors/src/bundle.ts',
    'packages/server/src/jobs/driver-options.ts',
    'tools/docs/connector-systems.ts',
  ];
  const say = (text: Text) => text[language];
  const lines = [
    ...pageHead(say(texts.title), language, 'connectors', sources),
    ...table(
      texts.head[language],
      bundle.flatMap((spec) => systemRows(spec, language)),
    ),
    '',
    say(texts.intro),
    '',
    ...Object.entries(texts.support).map(
      ([support, meaning]) =>
        `- **${supportWords[support as keyof typeof supportWords][language]}**: ${say(meaning)}`,
    ),
    '',
    say(texts.secrets),
    ...bundle.flatMap((spec) => connectorSection(spec, language)),
    '',
    `## ${say(texts.driver)}`,
    '',
    say(texts.driverIntro),
    ...driverGroups
      .filter((group) => group.options.length > 0)
      .flatMap((group) => groupSection(group, null, language)),
  ];
  return { path: pagePath('connectors', language), text: fileText(lines) };
}

function systemRows(spec: ConnectorSpec, language: Language): readonly (readonly string[])[] {
  const can = (group: OptionGroup | null) => texts[group === null ? 'no' : 'yes'][language];
  return systemsOf(spec.name).map(({ name, folder, provedOn }) => [
    `\`${spec.name}\``,
    `[${name}](../../${folder})`,
    can(spec.from),
    can(spec.to),
    provedOn[language],
  ]);
}

function connectorSection(spec: ConnectorSpec, language: Language): readonly string[] {
  const ends = [
    [spec.link, texts.link],
    [spec.from, texts.from],
    [spec.to, texts.to],
  ] as const;
  return [
    '',
    `## ${spec.name}: ${spec.title[language]}`,
    ...ends.flatMap(([group, role]) => (group === null ? [] : groupSection(group, role, language))),
    ...(spec.name === 'generic-jdbc-connector' ? propertySection(language) : []),
  ];
}

function groupSection(group: OptionGroup, role: Text | null, language: Language): readonly string[] {
  const title = role === null ? `\`${group.name}\`` : `\`${group.name}\`: ${role[language]}`;
  return ['', `### ${title}`, '', ...optionTable(group.options, language)];
}

const databaseNames = {
  MYSQL: 'MySQL, MariaDB',
  POSTGRESQL: 'PostgreSQL',
  SQLSERVER: 'SQL Server',
  ORACLE: 'Oracle',
} as const;

function propertySection(language: Language): readonly string[] {
  const rows = connectionProperties.map((property) => [
    `\`${property.name}\``,
    property.databases.map((database) => databaseNames[database]).join(', '),
    property.type,
    valuesText(property, language),
    supportWords[property.support][language],
    property.help[language],
  ]);
  return [
    '',
    `### ${texts.properties[language]}`,
    '',
    texts.propertiesIntro[language],
    '',
    ...table(texts.propertyHead[language], rows),
  ];
}
