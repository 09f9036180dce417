import pg from 'pg';
import type { RunningServer } from '../../tools/servers/running-server.ts';

/** Names and a password that do not get through a shell, a literal or a statement by luck. */
export const hostile = {
  table: 'o"r\'d $(touch PWNED) `touch PWNED` \\n %s $HOME 数据',
  role: 's"q\'l $(touch PWNED) \\ 用户',
  password: 'p"a\'s\\s $(touch PWNED) `touch PWNED` $HOME %s 密码 !#&?=',
  /** Where it goes, a line may end. */
  text: 'first "line" $(touch PWNED)\nsecond \'line\' `touch PWNED` \\ $HOME %s 数据迁移',
} as const;

/** Rows of the source table: little enough that nobody waits. */
export const sourceRows = 200;
/** What a run that is to be stopped would take for one row, in seconds. */
const slowRowS = 0.2;

/** A PostgreSQL database with the source table and the login that samples use; each language gets tables of its own to write to. */
export class SampleDatabase {
  readonly address: { readonly host: string; readonly port: number; readonly database: string };
  readonly user: string;
  readonly password: string;

  private constructor(server: RunningServer, database: string) {
    this.address = { host: server.host, port: server.port, database };
    this.user = server.user;
    this.password = server.password;
  }

  static async make(server: RunningServer): Promise<SampleDatabase> {
    const made = new SampleDatabase(server, 'samples');
    await made.#run('postgres', ['CREATE DATABASE samples']);
    await made.#run('samples', [
      `CREATE TABLE ${quoted(hostile.table)} (id int PRIMARY KEY, name text NOT NULL)`,
      `INSERT INTO ${quoted(hostile.table)} SELECT n, 'row ' || n FROM generate_series(1, ${sourceRows}) AS n`,
      `CREATE ROLE ${quoted(hostile.role)} LOGIN PASSWORD ${pg.escapeLiteral(hostile.password)}`,
      `GRANT SELECT ON ${quoted(hostile.table)} TO ${quoted(hostile.role)}`,
      `CREATE FUNCTION pause() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN PERFORM pg_sleep(${slowRowS}); RETURN NEW; END $$`,
    ]);
    return made;
  }

  /** Empty tables `copied_NAME` and, slow by trigger, `slow_NAME`. @param name a word. */
  async makeTargets(name: string): Promise<void> {
    await this.#run('samples', [
      `CREATE TABLE copied_${name} (id int PRIMARY KEY, name text NOT NULL)`,
      `CREATE TABLE slow_${name} (id int PRIMARY KEY, name text NOT NULL)`,
      `CREATE TRIGGER pause BEFORE INSERT ON slow_${name} FOR EACH ROW EXECUTE FUNCTION pause()`,
    ]);
  }

  async countCopied(name: string): Promise<number> {
    const [result] = await this.#run('samples', [`SELECT count(*)::int AS n FROM copied_${name}`]);
    return Number((result?.rows as { n: number }[] | undefined)?.[0]?.n);
  }

  async #run(database: string, statements: readonly string[]): Promise<pg.QueryResult[]> {
    const { host, port } = this.address;
    const client = new pg.Client({ host, port, database, user: this.user, password: this.password });
    await client.connect();
    try {
      const results: pg.QueryResult[] = [];
      for (const statement of statements) results.push(await client.query(statement));
      return results;
    } finally {
      await client.end();
    }
  }
}

const quoted = (name: string): string => pg.escapeIdentifier(name);
