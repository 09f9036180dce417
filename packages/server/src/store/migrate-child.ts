import { Kysely } from 'kysely';
import { migrate } from './migrate.ts';
import { migrations } from './migrations/all.ts';
import { sqliteAdapter } from './sqlite-adapter.ts';
import { openSqliteFile } from './sqlite-dialect.ts';

/** One of two starts at once: migrates the file it is given and prints the numbers of what it applied. */
const [path] = process.argv.slice(2);
if (path === undefined) throw new Error('a file is needed');

const adapter = sqliteAdapter(openSqliteFile(path));
const applied = await migrate(new Kysely({ dialect: adapter.dialect }), adapter, migrations, Date.now);
process.stdout.write(JSON.stringify(applied));
