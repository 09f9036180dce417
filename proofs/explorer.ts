import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import { type ChromiumProgram, chromiumProgram } from '../tools/browser/chromium.ts';
import { OrdersDatabase } from '../tools/docs/orders-database.ts';
import { startPostgres } from '../tools/servers/postgres.ts';
import { ServerUnavailable } from '../tools/servers/running-server.ts';
import { SluiceProcess } from '../tools/sluice-process/sluice-process.ts';
import { account, migrateOrders } from './explorer/migrated-orders.ts';
import { type ExplorerFigures, ExplorerTour } from './explorer/tour.ts';
import type { ProofOptions, ProofResult } from './proof.ts';

export const promise =
  'The API Explorer works in a real browser, in both languages, with a token and with AK/SK, and asks nobody but its own server';

/** Git ignores it. */
export const screenshotFolder = fileURLToPath(new URL('./explorer/screenshots', import.meta.url));

/** Opens the page in a real Chromium on a real server with a real run, and looks at what it does. */
export async function run({ log }: ProofOptions): Promise<ProofResult> {
  let program: ChromiumProgram;
  let postgres: Awaited<ReturnType<typeof startPostgres>>;
  try {
    program = await chromiumProgram(log);
    postgres = await startPostgres();
  } catch (error) {
    if (error instanceof ServerUnavailable) return { ok: false, skipped: error.message, figures: {} };
    throw error;
  }
  const dataFolder = await mkdtemp(path.join(tmpdir(), 'sluice-explorer-'));
  let server: SluiceProcess | null = null;
  let browser: Browser | null = null;
  let database: OrdersDatabase | null = null;
  try {
    database = await OrdersDatabase.create(postgres.url);
    server = await SluiceProcess.start({ dataFolder, env: { SLUICE_ADMIN_PASSWORD: account.password } });
    const orders = await migrateOrders(server, database);
    await mkdir(screenshotFolder, { recursive: true });
    browser = await launch(program, server);
    const tour = new ExplorerTour(browser, server, orders, screenshotFolder);
    const figures = await tour.walk();
    for (const line of figures.complaints) log(line);
    return {
      ok: isGood(figures),
      figures: { chromium: program.version, ...figures, screenshots: screenshotFolder },
    };
  } finally {
    await browser?.close();
    await server?.stop();
    await database?.drop();
    await postgres.stop();
    await rm(dataFolder, { recursive: true, force: true });
  }
}

function launch(program: ChromiumProgram, server: SluiceProcess): Promise<Browser> {
  return chromium.launch({
    executablePath: program.executable,
    env: { PATH: process.env.PATH ?? '', HOME: server.dataFolder, ...program.env },
    args: [
      // In a container as root, Chromium's own sandbox cannot be set up.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-dev-shm-usage',
      '--force-color-profile=srgb',
      // A name that is no loopback address: plain HTTP from it has no WebCrypto, as on a network of one's own.
      `--host-resolver-rules=MAP plain.test 127.0.0.1`,
    ],
  });
}

function isGood(figures: ExplorerFigures): boolean {
  return (
    figures.complaints.length === 0 &&
    figures.requestsOutside === 0 &&
    figures.requestsInside > 0 &&
    figures.answered === figures.asked &&
    figures.asked > 0 &&
    figures.emptySamples === 0 &&
    figures.samples > 0 &&
    figures.plantedScriptSeen
  );
}
