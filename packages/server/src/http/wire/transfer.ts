import {
  type ExportResponse,
  type FileJob,
  type FileLink,
  type ImportedItem,
  type SealedFile,
  sealedFileFormat,
  sealedFileVersion,
} from '@sluice/contract/transfer-views';
import type { Language } from '@sluice/core/data/text';
import { renderError } from '@sluice/core/errors/render-error';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { OptionValues } from '@sluice/core/options/option';
import { type WireConfigValues, writeConfigValues } from '../../jobs/config-values.ts';
import { secretPlaceholder } from '../../jobs/secret-values.ts';
import { transferLimits } from '../../jobs/transfer-limits.ts';
import {
  type Exported,
  type ExportedLink,
  type ImportItem,
  type ImportOutcome,
  tooMuch,
} from '../../jobs/transfer-service.ts';
import {
  openWithPassphrase,
  type PassphraseSealed,
  sealWithPassphrase,
  UnknownSeal,
  WrongPassphrase,
} from '../../secrets/passphrase-box.ts';
import type { JobRecord } from '../../store/model.ts';
import { isNestedDeeper, jsonDepthMax } from '../json-depth.ts';
import { hasZeroCharacter } from '../zero-character.ts';
import { type Document, isDocument, textMember } from './documents.ts';
import { readJobDocument } from './job.ts';
import { readLinkDocument } from './link.ts';

/** What a file's seal is bound to. */
const sealContext = `${sealedFileFormat}/${sealedFileVersion}`;
/** Longest name that is repeated of an entry. */
const nameCharsMax = 240;

/** The file as the published consoles write it. @throws Cdm.0014 when no import would take it. */
export function writeFile({ links, jobs }: Exported): ExportResponse {
  const file = { links: links.map(writeFileLink), jobs: jobs.map(writeFileJob) };
  if (Buffer.byteLength(JSON.stringify(file)) > transferLimits.fileBytesMax) throw tooMuch();
  return file;
}

function writeFileLink({ link, secretNames, secrets }: ExportedLink): FileLink {
  const hidden = Object.fromEntries(secretNames.map((name) => [name, secretPlaceholder]));
  const values = { ...link.options, ...(secrets ?? hidden) };
  return {
    name: link.name,
    'connector-name': link.connector,
    enabled: link.isEnabled,
    'link-config-values': { ...fileValues(values, 'linkConfig', link.connector), validators: [] },
  };
}

function writeFileJob(job: JobRecord): FileJob {
  return {
    name: job.name,
    job_type: job.type,
    'from-connector-name': job.fromConnector,
    'from-link-name': job.fromLink,
    'from-config-values': fileValues(job.fromOptions, 'fromJobConfig', job.fromConnector),
    'to-connector-name': job.toConnector,
    'to-link-name': job.toLink,
    'to-config-values': fileValues(job.toOptions, 'toJobConfig', job.toConnector),
    'driver-config-values': fileValues(job.driverOptions, 'throttlingConfig', null),
  };
}

function fileValues(values: OptionValues, group: string, connector: string | null) {
  const written: WireConfigValues = writeConfigValues(values, [group], connector, true);
  return {
    configs: written.configs.map(({ name, inputs }) => ({
      name,
      inputs: inputs.map((input) => ({ ...input })),
    })),
    'extended-configs': { ...written['extended-configs'] },
  };
}

/** @throws as `writeFile`. */
export async function writeSealedFile(exported: Exported, passphrase: string): Promise<SealedFile> {
  const sealed = await sealWithPassphrase(JSON.stringify(writeFile(exported)), passphrase, sealContext);
  return { format: sealedFileFormat, version: sealedFileVersion, ...sealed };
}

/**
 * The entries of a file, links first; each by itself, so that one that cannot be read keeps no other back.
 * @param body of the import call: a file, or one in the member `file`, in clear or under a passphrase.
 * @throws Cdm.0015 no file, too large, or under another passphrase; Cdm.0016 there is nothing in it.
 */
export async function readFile(body: unknown): Promise<readonly ImportItem[]> {
  if (!isDocument(body)) throw unreadable('it is no object with a list "links" or "jobs"');
  const given = body.file === undefined ? body : body.file;
  if (!isDocument(given)) throw unreadable('it is no object with a list "links" or "jobs"');
  const isSealed = given.format !== undefined;
  // Base64 makes a third more of it.
  requireSize(given, isSealed ? transferLimits.fileBytesMax * 1.5 : transferLimits.fileBytesMax);
  const file = isSealed ? await opened(given, textMember(body, 'passphrase') ?? '') : given;
  const items: ImportItem[] = [
    ...entriesOf(file, 'links').map(
      (entry): ImportItem => ({ kind: 'link', name: nameOf(entry), draft: read(entry, readLinkDocument) }),
    ),
    ...entriesOf(file, 'jobs').map(
      (entry): ImportItem => ({ kind: 'job', name: nameOf(entry), draft: read(entry, readJobDocument) }),
    ),
  ];
  if (items.length === 0) throw new SluiceError('Cdm.0016');
  return items;
}

async function opened(given: Document, passphrase: string): Promise<Document> {
  const file = sealedOf(given);
  if (file === null) {
    throw unreadable(`it is no file of the form ${sealedFileFormat}, version ${sealedFileVersion}`);
  }
  let text: string;
  try {
    text = await openWithPassphrase(file, passphrase, sealContext);
  } catch (error) {
    if (error instanceof WrongPassphrase) {
      throw unreadable('the passphrase is another one, or the file was changed', error);
    }
    if (error instanceof UnknownSeal) throw unreadable(error.message, error);
    throw error;
  }
  if (Buffer.byteLength(text) > transferLimits.fileBytesMax) throw tooLarge();
  if (isNestedDeeper(text, jsonDepthMax)) throw unreadable('it nests too deep');
  if (hasZeroCharacter(text)) throw unreadable('one of its texts has the character U+0000');
  const content: unknown = JSON.parse(text);
  if (!isDocument(content)) throw unreadable('there is no object in it');
  return content;
}

/** @returns null when it is no file of this form. */
function sealedOf(given: Document): PassphraseSealed | null {
  const { format, version, key, cipher, content } = given;
  if (format !== sealedFileFormat || version !== sealedFileVersion) return null;
  if (!isDocument(key) || !isDocument(cipher) || typeof content !== 'string') return null;
  const { derivation, salt, n, r, p } = key;
  const { name, nonce, tag } = cipher;
  if (derivation !== 'scrypt' || name !== 'aes-256-gcm') return null;
  if (typeof salt !== 'string' || typeof nonce !== 'string' || typeof tag !== 'string') return null;
  if (typeof n !== 'number' || typeof r !== 'number' || typeof p !== 'number') return null;
  return { key: { derivation, salt, n, r, p }, cipher: { name, nonce, tag }, content };
}

/** Some files wrap the list twice: `{"links": {"links": […]}}`. @throws Cdm.0015 */
function entriesOf(file: Document, member: 'links' | 'jobs'): readonly unknown[] {
  const wrapped = file[member];
  if (wrapped === undefined || wrapped === null) return [];
  const list = isDocument(wrapped) && wrapped[member] !== undefined ? wrapped[member] : wrapped;
  if (!Array.isArray(list)) throw unreadable(`"${member}" is no list`);
  if (list.length > transferLimits.itemsMax) throw tooLarge();
  return list;
}

function nameOf(entry: unknown): string {
  const name = isDocument(entry) ? entry.name : undefined;
  return typeof name === 'string' ? name.slice(0, nameCharsMax) : '';
}

function read<Draft>(entry: unknown, reader: (document: Document) => Draft): Draft | SluiceError {
  if (!isDocument(entry)) return new SluiceError('Cdm.0018', {});
  try {
    return reader(entry);
  } catch (error) {
    if (error instanceof SluiceError) return error;
    throw error;
  }
}

function requireSize(given: Document, bytesMax: number): void {
  if (Buffer.byteLength(JSON.stringify(given)) > bytesMax) throw tooLarge();
}

function tooLarge(): SluiceError {
  return unreadable(`it is larger than ${transferLimits.fileBytesMax / 1024 / 1024} MB`);
}

function unreadable(cause: string, error?: unknown): SluiceError {
  return new SluiceError('Cdm.0015', { cause }, error === undefined ? {} : { cause: error });
}

/** What became of an entry, in the caller's language. */
export function writeImported(outcome: ImportOutcome, language: Language): ImportedItem {
  const { kind, name, isScheduled, finding } = outcome;
  const rendered = finding === null ? null : renderError(finding, language);
  return {
    kind,
    name,
    outcome: outcome.outcome,
    is_scheduled: isScheduled,
    finding:
      rendered === null ? null : { code: rendered.code, message: rendered.message, hint: rendered.remedy },
  };
}
