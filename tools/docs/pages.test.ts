import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from '@sluice/connectors/bundle';
import { operations } from '@sluice/contract/operations';
import { errorCodes } from '@sluice/core/errors/codes';
import { configOptions } from '@sluice/server/config/options';
import { driverGroups } from '@sluice/server/jobs/driver-options';
import { describe, expect, it } from 'vitest';
import { apiPage } from './api-page.ts';
import { configurationPage, shortcomings } from './configuration-page.ts';
import { connectorsPage } from './connectors-page.ts';
import { errorsPage } from './errors-page.ts';
import { table } from './markdown.ts';
import { markedReadmes, withOptions } from './readme-marks.ts';
import { referencePages } from './reference-pages.ts';
import { servedOperations } from './served-operations.ts';
import { stalePages, writeStalePages } from './stale-pages.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('the committed reference', () => {
  it('is what the sources say: if not, npm run docs', async () => {
    const pages = [...(await referencePages()), ...markedReadmes(root)];
    expect(stalePages(root, pages).map(({ path }) => path)).toEqual([]);
  });

  it('has no Markdown table that a text breaks', async () => {
    for (const { path, text } of await referencePages()) {
      let columns = 0;
      for (const line of text.split('\n')) {
        const bars = line.startsWith('|') ? (line.match(/(?<!\\)\|/g) ?? []).length : 0;
        if (bars > 0 && columns > 0) expect(bars, `${path}: ${line}`).toBe(columns);
        columns = bars;
      }
    }
  });
});

describe('links between pages', () => {
  const folders = ['docs', 'packages/connectors/src'];
  const pages = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.md'))
      .map((path) => join(folder, path)),
  );

  it.each(['README.md', 'README.zh-CN.md', ...pages])('lead to what is there: %s', (page) => {
    const text = readFileSync(join(root, page), 'utf8');
    const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
    const broken = targets.filter(
      (target) =>
        !/^[a-z]+:|^#/.test(target) && !existsSync(join(root, dirname(page), target.replace(/#.*/, ''))),
    );
    expect(broken).toEqual([]);
  });
});

describe.each(['en', 'zh'] as const)('pages (%s)', (language) => {
  it('name every error code, server option, option of connectors and jobs, and operation', () => {
    const errors = errorsPage(language).text;
    for (const code of errorCodes) expect(errors).toContain(`| \`${code}\` |`);
    const configuration = configurationPage(language).text;
    for (const { environment, flag } of Object.values(configOptions)) {
      expect(configuration).toContain(`\`${environment}\``);
      if (flag !== null) expect(configuration).toContain(`\`--${flag}\``);
    }
    const connectors = connectorsPage(language).text;
    const groups = bundle.flatMap(({ link, from, to }) => [link, from, to]);
    for (const group of [...groups, ...driverGroups])
      for (const { name } of group?.options ?? []) expect(connectors).toContain(`| \`${name}\` |`);
    const api = apiPage(new Set(), language).text;
    for (const { operationId } of operations) expect(api).toContain(`| ${operationId} |`);
  });

  it('hold nothing of the machine that made them', () => {
    const { text } = configurationPage(language);
    expect(text).toContain('`~/.local/share/sluice`');
    expect(text).not.toContain(process.cwd());
  });
});

describe('served operations', () => {
  it('are those that the application answers itself', async () => {
    const served = await servedOperations();
    for (const id of [
      'CreateCluster',
      'CreateLink',
      'StartJob',
      'StopJob',
      'ShowJobStatus',
      'ShowDatastores',
    ])
      expect(served).toContain(id);
    const page = apiPage(served, 'en').text;
    const notYet = page.match(/\| not yet \|/g)?.length ?? 0;
    expect(notYet).toBe(operations.length - served.size);
  });
});

describe('settings without effect', () => {
  it('are marked as such, and no others are', () => {
    const sources = readdirSync(join(root, 'packages/server/src'), { recursive: true, encoding: 'utf8' })
      .filter(
        (path) =>
          path.endsWith('.ts') && !path.startsWith('config/') && !/\.test\.ts$|-suite\.ts$/.test(path),
      )
      .map((path) => readFileSync(join(root, 'packages/server/src', path), 'utf8'));
    const unread = Object.keys(configOptions).filter(
      (name) => !sources.some((text) => new RegExp(`\\b${name}\\b`).test(text)),
    );
    const marked = Object.keys(shortcomings).filter((name) =>
      shortcomings[name as 'language']?.en.startsWith('Without'),
    );
    expect(unread).toEqual(marked);
  });
});

describe('a page that is stale', () => {
  it('is seen, written once, and then is not stale', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-pages-'));
    try {
      const page = { path: 'docs/reference/a.md', text: 'new\n' };
      expect(stalePages(folder, [page])).toEqual([page]);
      expect(await writeStalePages(folder, [page])).toEqual([page]);
      expect(readFileSync(join(folder, page.path), 'utf8')).toBe('new\n');
      expect(stalePages(folder, [page])).toEqual([]);
      expect(stalePages(folder, [{ ...page, text: 'newer\n' }])).toHaveLength(1);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('marks in a README', () => {
  const begin = '<!-- options generic-jdbc-connector: generated by npm run docs -->\n';
  const end = '<!-- end of options -->';

  it('hold the honoured options, and nothing else changes', () => {
    const made = withOptions('README.md', `# X\n\n${begin}old\n${end}\n\nrest\n`);
    expect(made).toContain('`linkConfig.host`');
    expect(made).not.toContain('`linkConfig.commitSize`');
    expect(made).not.toContain('old\n');
    expect(made.startsWith(`# X\n\n${begin}`)).toBe(true);
    expect(made.endsWith(`${end}\n\nrest\n`)).toBe(true);
    expect(withOptions('README.md', made)).toBe(made);
  });

  it('must be a pair and name a connector', () => {
    expect(() => withOptions('README.md', `${begin}old\n`)).toThrow(
      '1 marks of options, 0 of them with an end',
    );
    expect(() => withOptions('README.md', `${begin.replace('generic-jdbc', 'no')}\n${end}`)).toThrow(
      'no-connector',
    );
  });
});

it('a table keeps its form whatever its texts hold', () => {
  expect(table(['a', 'b'], [['x|y', 'one\n  two']])).toEqual([
    '| a | b |',
    '|---|---|',
    '| x\\|y | one two |',
  ]);
});
