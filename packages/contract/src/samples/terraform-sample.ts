import { hclText } from './literals.ts';
import type { SampleCall } from './sample-call.ts';
import type { SampleNote } from './sample-note.ts';
import type { SdkOperationId } from './sdk-models.ts';
import type { Json } from './sdk-values.ts';
import { fileText, indented } from './source-text.ts';
import { driverArguments, secretArguments, type TerraformResource } from './terraform-arguments.ts';

const indent = '  ';

/** Operations that the vendor's provider has a resource for. */
const writers: Readonly<Partial<Record<SdkOperationId, (reader: BodyReader, call: SampleCall) => Resource>>> =
  {
    CreateCluster: clusterResource,
    StartCluster: (_reader, call) => actionResource(call, 'start', []),
    RestartCluster: restartResource,
    CreateLink: linkResource,
    UpdateLink: linkResource,
    CreateJob: jobResource,
    UpdateJob: jobResource,
  };

export function hasTerraformResource(operationId: SdkOperationId): boolean {
  return writers[operationId] !== undefined;
}

interface Resource {
  readonly type: TerraformResource;
  readonly entries: readonly Entry[];
  /** Variables for what is secret. */
  readonly variables: readonly string[];
}

/** An argument, or a block when there are entries. */
type Entry =
  | { readonly name: string; readonly value: string }
  | { readonly name: string; readonly entries: readonly Entry[] };

/** The resource of `huaweicloud/huaweicloud` that an operation makes or changes. The provider's keys are HW_ACCESS_KEY and HW_SECRET_KEY. */
export function terraformSample(call: SampleCall): {
  readonly source: string;
  readonly notes: readonly SampleNote[];
} {
  const writer = writers[call.operationId];
  if (writer === undefined) throw new Error(`${call.operationId} has no resource`);
  const reader = new BodyReader();
  const { type, entries, variables } = writer(reader, call);
  const blocks = [
    blockText('terraform', [
      {
        name: 'required_providers',
        entries: [
          { name: 'huaweicloud', value: mapText([['source', '"huaweicloud/huaweicloud"']], (name) => name) },
        ],
      },
    ]),
    blockText('provider "huaweicloud"', [
      { name: 'region', value: hclText(call.region) },
      { name: 'auth_url', value: hclText(`${call.endpoint}/v3`) },
      { name: 'endpoints', value: mapText([['cdm', hclText(`${call.endpoint}/`)]], (name) => name) },
    ]),
    ...variables.map((name) =>
      blockText(`variable "${name}"`, [
        { name: 'type', value: 'string' },
        { name: 'sensitive', value: 'true' },
      ]),
    ),
    blockText(`resource "huaweicloud_${type}" "sample"`, entries),
  ];
  return {
    source: fileText(['# The keys are read from HW_ACCESS_KEY and HW_SECRET_KEY.', blocks.join('\n\n')]),
    notes: reader.notes,
  };
}

/** Single lines that follow each other have their signs in one column, as `terraform fmt` puts them. */
function entryLines(entries: readonly Entry[]): string {
  const isLine = (entry: Entry | undefined) =>
    entry !== undefined && 'value' in entry && !entry.value.includes('\n');
  const lines = entries.map((entry, index) => {
    if ('entries' in entry) return `${index > 0 ? '\n' : ''}${blockText(entry.name, entry.entries)}`;
    if (!isLine(entry)) return `${entry.name} = ${entry.value}`;
    let [first, last] = [index, index];
    while (isLine(entries[first - 1])) first -= 1;
    while (isLine(entries[last + 1])) last += 1;
    const width = Math.max(...entries.slice(first, last + 1).map(({ name }) => [...name].length));
    return `${entry.name}${' '.repeat(width - [...entry.name].length)} = ${entry.value}`;
  });
  return lines.join('\n');
}

function blockText(head: string, entries: readonly Entry[]): string {
  return `${head} {\n${indented(`${indent}${entryLines(entries)}`, indent).replace(/\n +(?=\n)/g, '\n')}\n}`;
}

function mapText(pairs: readonly (readonly [string, string])[], nameText: (name: string) => string): string {
  if (pairs.length === 0) return '{}';
  const lines = entryLines(pairs.map(([name, value]) => ({ name: nameText(name), value })));
  return `{\n${indent}${indented(lines, indent)}\n}`;
}

function clusterResource(reader: BodyReader, { body }: SampleCall): Resource {
  const document = reader.object(body, '', ['cluster', 'email', 'phone_num', 'auto_remind']);
  const cluster = reader.object(document.cluster, 'cluster', [
    'name',
    'vpcId',
    'instances',
    'datastore',
    'sys_tags',
    'isAutoOff',
    'isScheduleBootOff',
    'scheduleBootTime',
    'scheduleOffTime',
  ]);
  const node = reader.object(reader.only(cluster.instances, 'cluster.instances'), 'cluster.instances[0]', [
    'availability_zone',
    'nics',
    'flavorRef',
    'type',
  ]);
  const at = 'cluster.instances[0].nics';
  const card = reader.object(reader.only(node.nics, at), `${at}[0]`, ['securityGroupId', 'net-id']);
  const datastore = reader.object(cluster.datastore, 'cluster.datastore', ['type', 'version']);
  const tag = reader.object(reader.only(cluster.sys_tags, 'cluster.sys_tags'), 'cluster.sys_tags[0]', [
    'key',
    'value',
  ]);
  return {
    type: 'cdm_cluster',
    variables: [],
    entries: [
      ...reader.text('name', cluster.name, 'cluster.name'),
      ...reader.text('availability_zone', node.availability_zone, 'cluster.instances[0].availability_zone'),
      ...reader.text('flavor_id', node.flavorRef, 'cluster.instances[0].flavorRef'),
      ...reader.text('vpc_id', cluster.vpcId, 'cluster.vpcId'),
      ...reader.text('subnet_id', card['net-id'], `${at}[0].net-id`),
      ...reader.text('security_group_id', card.securityGroupId, `${at}[0].securityGroupId`),
      ...reader.text('version', datastore.version, 'cluster.datastore.version'),
      ...reader.text('enterprise_project_id', tag.value, 'cluster.sys_tags[0].value'),
      ...(typeof cluster.isAutoOff === 'boolean'
        ? [{ name: 'is_auto_off', value: String(cluster.isAutoOff) }]
        : []),
      ...reader.text('schedule_boot_time', cluster.scheduleBootTime, 'cluster.scheduleBootTime'),
      ...reader.text('schedule_off_time', cluster.scheduleOffTime, 'cluster.scheduleOffTime'),
      ...reader.texts('email', document.email, 'email'),
      ...reader.texts('phone_num', document.phone_num, 'phone_num'),
    ],
  };
}

function actionResource(call: SampleCall, type: 'start' | 'restart', more: readonly Entry[]): Resource {
  return {
    type: 'cdm_cluster_action',
    variables: [],
    entries: [clusterId(call), { name: 'type', value: hclText(type) }, ...more],
  };
}

function restartResource(reader: BodyReader, call: SampleCall): Resource {
  const document = reader.object(call.body, '', ['restart']);
  const names = ['type', 'restartMode', 'restartLevel', 'restartDelayTime', 'instance', 'group'];
  const restart = reader.object(document.restart, 'restart', names);
  const delay = restart.restartDelayTime;
  return actionResource(call, 'restart', [
    {
      name: 'restart',
      entries: [
        ...reader.text('level', restart.restartLevel ?? 'SERVICE', 'restart.restartLevel'),
        ...reader.text('mode', restart.restartMode ?? 'IMMEDIATELY', 'restart.restartMode'),
        ...reader.number('delay_time', delay, 'restart.restartDelayTime'),
      ],
    },
  ]);
}

function linkResource(reader: BodyReader, call: SampleCall): Resource {
  const document = reader.object(call.body, '', ['links']);
  const names = ['name', 'connector-name', 'link-config-values', 'enabled'];
  const link = reader.object(reader.only(document.links, 'links'), 'links[0]', names);
  const settings = reader.settings(link['link-config-values'], 'links[0].link-config-values');
  const config: [string, string][] = [];
  const secrets = new Map<string, string>();
  for (const { name, value, at } of settings) {
    const short = name.replace(/^linkConfig\./, '');
    const argument =
      short === name || !Object.hasOwn(secretArguments, short) ? undefined : secretArguments[short];
    if (argument !== undefined) secrets.set(argument, `link_${argument}`);
    else if (short === name) reader.note('unknown-member', at);
    else config.push([short, hclText(value)]);
  }
  return {
    type: 'cdm_link',
    variables: [...secrets.values()],
    entries: [
      ...reader.text('name', link.name, 'links[0].name'),
      clusterId(call),
      ...reader.text('connector', link['connector-name'], 'links[0].connector-name'),
      ...(typeof link.enabled === 'boolean' ? [{ name: 'enabled', value: String(link.enabled) }] : []),
      { name: 'config', value: mapText(config, hclText) },
      ...[...secrets].map(([name, variable]) => ({ name, value: `var.${variable}` })),
    ],
  };
}

function jobResource(reader: BodyReader, call: SampleCall): Resource {
  const document = reader.object(call.body, '', ['jobs']);
  const job = reader.object(reader.only(document.jobs, 'jobs'), 'jobs[0]', [
    'name',
    'job_type',
    'from-connector-name',
    'from-link-name',
    'from-config-values',
    'to-connector-name',
    'to-link-name',
    'to-config-values',
    'driver-config-values',
  ]);
  const text = (argument: string, name: string, absent?: string) =>
    reader.text(argument, job[name] ?? absent, `jobs[0].${name}`);
  const config = (side: 'from' | 'to') => {
    const at = `jobs[0].${side}-config-values`;
    const settings = reader
      .settings(job[`${side}-config-values`], at)
      .flatMap((setting): [string, string][] => {
        const short = setting.name.replace(new RegExp(`^${side}JobConfig\\.`), '');
        if (short !== setting.name) return [[short, hclText(setting.value)]];
        reader.note('unknown-member', setting.at);
        return [];
      });
    return mapText(settings, hclText);
  };
  const driver = reader
    .settings(job['driver-config-values'], 'jobs[0].driver-config-values')
    .flatMap(({ name, value, at }): Entry[] => {
      const known = Object.hasOwn(driverArguments, name) ? driverArguments[name] : undefined;
      if (known === undefined) {
        reader.note('unknown-member', at);
        return [];
      }
      if (known.type === 'text') return [{ name: known.argument, value: hclText(value) }];
      if ((known.type === 'flag' ? /^(true|false)$/ : /^\d{1,9}$/).test(value))
        return [{ name: known.argument, value }];
      reader.note('misfit', at);
      return [];
    });
  return {
    type: 'cdm_job',
    variables: [],
    entries: [
      ...text('name', 'name'),
      clusterId(call),
      ...text('job_type', 'job_type', 'NORMAL_JOB'),
      ...text('source_connector', 'from-connector-name'),
      ...text('source_link_name', 'from-link-name'),
      { name: 'source_job_config', value: config('from') },
      ...text('destination_connector', 'to-connector-name', 'generic-jdbc-connector'),
      ...text('destination_link_name', 'to-link-name'),
      { name: 'destination_job_config', value: config('to') },
      ...(driver.length === 0 ? [] : [{ name: 'config', entries: driver }]),
    ],
  };
}

function clusterId(call: SampleCall): Entry {
  return { name: 'cluster_id', value: hclText(call.parameters.get('cluster_id') ?? '') };
}

type Members = Readonly<Record<string, Json | undefined>>;

interface Setting {
  readonly name: string;
  readonly value: string;
  readonly at: string;
}

/** Reads a body piece by piece and notes what a resource has no argument for. */
class BodyReader {
  readonly notes: SampleNote[] = [];

  note(reason: SampleNote['reason'], at: string): void {
    this.notes.push({ reason, at });
  }

  /** The members of an object; none when it is none. Members besides `known` are noted. */
  object(json: Json | undefined, at: string, known: readonly string[]): Members {
    if (json === undefined) return {};
    if (typeof json !== 'object' || json === null || Array.isArray(json)) {
      this.note('misfit', at);
      return {};
    }
    const place = (name: string) => (at === '' ? name : `${at}.${name}`);
    for (const name of Object.keys(json)) if (!known.includes(name)) this.note('unknown-member', place(name));
    return Object.fromEntries(Object.entries(json).filter(([name]) => known.includes(name)));
  }

  /** The one entry of a list; further ones are noted. */
  only(json: Json | undefined, at: string): Json | undefined {
    if (json === undefined) return undefined;
    if (!Array.isArray(json)) {
      this.note('misfit', at);
      return undefined;
    }
    for (const index of json.keys()) if (index > 0) this.note('unknown-member', `${at}[${index}]`);
    return json[0] as Json | undefined;
  }

  text(name: string, json: Json | undefined, at: string): Entry[] {
    if (json === undefined) return [];
    if (typeof json === 'string') return [{ name, value: hclText(json) }];
    this.note('misfit', at);
    return [];
  }

  number(name: string, json: Json | undefined, at: string): Entry[] {
    if (json === undefined) return [];
    if (Number.isSafeInteger(json)) return [{ name, value: String(json) }];
    this.note('misfit', at);
    return [];
  }

  /** Texts with commas between them, as a list. */
  texts(name: string, json: Json | undefined, at: string): Entry[] {
    if (json === undefined) return [];
    if (typeof json === 'string') return [{ name, value: `[${json.split(',').map(hclText).join(', ')}]` }];
    this.note('misfit', at);
    return [];
  }

  /** The settings of all groups by name; numbers and truth values as their text, as CDM takes them. */
  settings(json: Json | undefined, at: string): Setting[] {
    const { configs = [] } = this.object(json, at, ['configs']);
    const found = new Map<string, Setting>();
    this.#each(configs, `${at}.configs`, (group, groupAt) => {
      const { inputs = [] } = this.object(group, groupAt, ['name', 'inputs']);
      this.#each(inputs, `${groupAt}.inputs`, (input, inputAt) => {
        const { name, value } = this.object(input, inputAt, ['name', 'value']);
        if (typeof name !== 'string' || value === null || typeof value === 'object') {
          this.note('misfit', inputAt);
        } else if (value !== undefined) found.set(name, { name, value: String(value), at: inputAt });
      });
    });
    return [...found.values()];
  }

  /** An empty object stands for no entries. */
  #each(json: Json, at: string, visit: (item: Json, at: string) => void): void {
    if (!Array.isArray(json)) {
      if (typeof json !== 'object' || json === null || Object.keys(json).length > 0) this.note('misfit', at);
      return;
    }
    json.forEach((item: Json, index) => {
      visit(item, `${at}[${index}]`);
    });
  }
}
