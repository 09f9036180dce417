import { randomBytes } from 'node:crypto';
import pg from 'pg';

/** A database of a test's own on the server that the environment names. */
export interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/** Where live tests find PostgreSQL: URL of a superuser; undefined when there is none, which is said once. */
export function postgresForTests(): string | undefined {
  const url = process.env.SLUICE_TEST_POSTGRES;
  if (url === undefined) console.warn('Skipped: SLUICE_TEST_POSTGRES names no PostgreSQL server');
  return url;
}

export async function createTestDatabase(serverUrl: string): Promise<TestDatabase> {
  const name = `sluice_store_${randomBytes(6).toString('hex')}`;
  await onServer(serverUrl, `create database ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => onServer(serverUrl, `drop database ${name} with (force)`) };
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
