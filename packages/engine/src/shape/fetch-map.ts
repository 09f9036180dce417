import type { Host } from '@sluice/core/connector/contract';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import { expressionLimits } from '@sluice/core/expressions/limits';
import type { TextMap } from '@sluice/core/expressions/values';

/**
 * Has the host fetch a mapping file, once per run and worker, and reads it: UTF-8, a line for each entry, key and value parted by
 * the first comma. Blanks around both are cut off; the last of equal keys counts.
 * @throws Cdm.0233 it cannot be had; Cdm.0941 it is at an address that is not allowed.
 */
export async function fetchMap(url: string, files: Map<string, TextMap>, host: Host): Promise<void> {
  if (files.size >= expressionLimits.mapsMax) {
    throw unavailable(url, `a run reads at most ${expressionLimits.mapsMax} mapping files`);
  }
  if (host.download === undefined) throw unavailable(url, 'this process fetches no files');
  const bytes = await host.download(url);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw unavailable(url, 'it is not UTF-8', cause);
  }
  files.set(url, mapOf(text));
}

function mapOf(text: string): TextMap {
  const map = new Map<string, string>();
  for (const line of text.split(/\r\n|\n|\r/)) {
    const comma = line.indexOf(',');
    if (comma >= 0) map.set(line.slice(0, comma).trim(), line.slice(comma + 1).trim());
  }
  return map;
}

function unavailable(url: string, why: string, cause?: unknown): SluiceError {
  return new SluiceError(
    'Cdm.0233',
    { cause: `the mapping file ${url}: ${why}` },
    cause === undefined ? {} : { cause },
  );
}
