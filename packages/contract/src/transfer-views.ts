import Type, { type Static } from 'typebox';
import {
  answer,
  flag,
  int32,
  listOf,
  notLookedAt,
  oneOfTexts,
  orNull,
  part,
  request,
  text,
} from './wire-types.ts';

// Files with links and jobs: what an export answers and an import takes. The form inside is the published one.

/** Characters of a passphrase. */
export const passphraseChars = { min: 12, max: 1_024 } as const;

/** Names in one list of a request. */
const namesMax = 10_000;

/** How files under a passphrase call themselves. */
export const sealedFileFormat = 'sluice-transfer';
export const sealedFileVersion = 1;

const names = (description: string) =>
  Type.Optional(Type.Array(Type.String({ maxLength: 240 }), { description, maxItems: namesMax }));

const passphrase = (description: string) =>
  text(description, { minLength: passphraseChars.min, maxLength: passphraseChars.max });

const selectionMembers = {
  kinds: Type.Optional(
    oneOfTexts(
      ['all', 'links', 'jobs'],
      'links or jobs alone, or both. With names or groups of jobs, all means these jobs and the links that they use.',
      { default: 'all' },
    ),
  ),
  job_names: names('Only these jobs, and those of the groups.'),
  job_groups: names('Only jobs of these groups, and those by name.'),
  link_names: names('Only these links.'),
};

export const ExportRequest = request('ExportRequest', selectionMembers, 'May be absent: everything.');
export type ExportRequest = Static<typeof ExportRequest>;

export const ExportSealedRequest = request(
  'ExportSealedRequest',
  {
    ...selectionMembers,
    passphrase: passphrase('Opens the file again; nobody can without it. It is not kept.'),
  },
  'What to export, and the passphrase that its secrets are put under.',
);
export type ExportSealedRequest = Static<typeof ExportSealedRequest>;

const FileConfigValues = part({
  configs: listOf(
    part({
      name: text('Name of the group.'),
      inputs: listOf(
        part({
          name: text('Full name of the setting.'),
          value: Type.Optional(Type.Unknown({ description: 'Text, an object for a map, a list.' })),
        }),
        'The settings.',
      ),
    }),
    'The groups of settings.',
  ),
  'extended-configs': part({ name: Type.Optional(text()), value: Type.Optional(text()) }),
  validators: Type.Optional(listOf(text(), 'Always empty.')),
});

export const FileLink = answer(
  'FileLink',
  {
    name: text('Name of the link.'),
    'connector-name': text('Name of its connector.'),
    enabled: flag('Whether it may be used.'),
    'link-config-values': FileConfigValues,
  },
  'A link in a file. In place of each secret stands "Add password here".',
);
export type FileLink = Static<typeof FileLink>;

export const FileJob = answer(
  'FileJob',
  {
    name: text('Name of the job.'),
    job_type: text('Kind of job.'),
    'from-connector-name': text('Connector to read with.'),
    'from-link-name': text('Link to read from.'),
    'from-config-values': FileConfigValues,
    'to-connector-name': text('Connector to write with.'),
    'to-link-name': text('Link to write to.'),
    'to-config-values': FileConfigValues,
    'driver-config-values': FileConfigValues,
  },
  'A job in a file.',
);
export type FileJob = Static<typeof FileJob>;

export const ExportResponse = answer(
  'ExportResponse',
  { links: listOf(FileLink, 'By name.'), jobs: listOf(FileJob, 'By name.') },
  'A file as the published consoles write it: this answer is the file.',
);
export type ExportResponse = Static<typeof ExportResponse>;

/** Members of a file under a passphrase. */
export const SealedFile = answer(
  'SealedFile',
  {
    format: text(`Always ${sealedFileFormat}.`),
    version: int32(`Version of the form: ${sealedFileVersion}.`),
    key: part(
      {
        derivation: text('Always scrypt.'),
        salt: text('Base64.'),
        n: int32('Cost.'),
        r: int32('Block size.'),
        p: int32('Parallelism.'),
      },
      'How the key is made of the passphrase.',
    ),
    cipher: part({ name: text('Always aes-256-gcm.'), nonce: text('Base64.'), tag: text('Base64.') }),
    content: text('Base64 of the encrypted file, secrets and all.'),
  },
  'A file under a passphrase: this answer is the file.',
);
export type SealedFile = Static<typeof SealedFile>;

export const ImportRequest = request(
  'ImportRequest',
  {
    links: Type.Optional(
      Type.Unknown({ description: 'Links of a file, as an export or a console wrote it.' }),
    ),
    jobs: Type.Optional(Type.Unknown({ description: 'Jobs of the file.' })),
    file: Type.Optional(
      Type.Unknown({ description: 'In place of the two: the whole file, also one under a passphrase.' }),
    ),
    passphrase: Type.Optional(text('The passphrase of such a file.', { maxLength: passphraseChars.max })),
    dry_run: Type.Optional(
      flag('Whether everything is only checked: the answer is the same, and nothing is stored.', {
        default: false,
      }),
    ),
    format: notLookedAt(),
  },
  'A file, 1 MB at most. Nothing that is there is overwritten.',
);
export type ImportRequest = Static<typeof ImportRequest>;

export const ImportedItem = answer(
  'ImportedItem',
  {
    kind: oneOfTexts(['link', 'job']),
    name: text('As the file names it; empty: it does not.'),
    outcome: oneOfTexts(
      ['created', 'skipped', 'refused'],
      'created: stored, or with dry_run it would be; skipped: there is one of this name, which stays as it is; refused: the finding says why.',
    ),
    is_scheduled: flag('Whether it is a job that starts by itself from now on.'),
    finding: orNull(
      part({ code: text('Error code.'), message: text('What is wrong.'), hint: text('What to do.') }),
      'null: created.',
    ),
  },
  'What became of one link or job of the file.',
);
export type ImportedItem = Static<typeof ImportedItem>;

export const ImportResponse = answer(
  'ImportResponse',
  {
    is_dry_run: flag('Whether nothing was stored.'),
    created: int32('Links and jobs that were created.'),
    skipped: int32('Those that were there.'),
    refused: int32('Those that were refused.'),
    items: listOf(ImportedItem, 'Links first, then jobs, each in the order of the file.'),
  },
  'What became of each link and job. All that was created came about in one transaction. Links are not tested: the staged test does that.',
);
export type ImportResponse = Static<typeof ImportResponse>;
