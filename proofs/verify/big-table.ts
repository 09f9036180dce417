import type { ComparedSide } from './compared-side.ts';

/** A table with many rows. Ids are multiples of three, so that there is room for rows that should not be there. */
export class BigTable {
  readonly #side: ComparedSide;
  readonly name: string;

  constructor(side: ComparedSide, name: string) {
    this.#side = side;
    this.name = name;
  }

  async create(): Promise<void> {
    const types =
      this.#side.kind === 'postgres'
        ? 'made timestamp(6), flag boolean, ratio double precision, note text'
        : 'made DATETIME(6), flag TINYINT(1), ratio DOUBLE, note LONGTEXT';
    await this.#side.sql(
      `CREATE TABLE ${this.name} (id bigint NOT NULL, name varchar(40), amount decimal(12,2), ${types}, PRIMARY KEY (id))`,
    );
  }

  /** The same rows at every kind of side, by its own arithmetic. */
  async fill(rows: number): Promise<void> {
    const { kind } = this.#side;
    const shared = {
      name: kind === 'postgres' ? `'name ' || md5(n::text)` : `CONCAT('name ', MD5(n))`,
      amount: `((n * 104729) % 100000000) / 100.0 - 300000`,
    };
    await this.#side.sql(
      kind === 'postgres'
        ? `INSERT INTO ${this.name}
           SELECT n * 3, CASE WHEN n % 11 = 0 THEN NULL ELSE ${shared.name} END, ${shared.amount},
                  timestamp '2001-02-03 04:05:06.789012' + n * interval '1234567 microseconds', n % 3 = 0,
                  ((n * 31) % 65536) / 1024.0, CASE WHEN n % 7 = 0 THEN '' ELSE '数据 ' || n END
             FROM generate_series(1::bigint, ${Math.trunc(rows)}) AS n`
        : `INSERT INTO ${this.name}
           SELECT n * 3, IF(n % 11 = 0, NULL, ${shared.name}), ${shared.amount},
                  TIMESTAMPADD(MICROSECOND, n * 1234567, '2001-02-03 04:05:06.789012'), n % 3 = 0,
                  ((n * 31) % 65536) / 1024.0, IF(n % 7 = 0, '', CONCAT('数据 ', n))
             FROM (SELECT seq AS n FROM seq_1_to_${Math.trunc(rows)}) AS numbers`,
    );
    await this.#side.sql(`${kind === 'postgres' ? 'ANALYZE' : 'ANALYZE TABLE'} ${this.name}`);
  }

  /** All rows in one line, by the database and from a text of the proof's own: equal for equal tables of any two sides. */
  async digest(): Promise<string> {
    const [row] = await this.#side.sql(
      this.#side.kind === 'postgres'
        ? `SELECT count(*), sum(('x' || substr(h, 1, 12))::bit(48)::bigint), sum(('x' || substr(h, 13, 12))::bit(48)::bigint)
             FROM (SELECT md5(concat_ws('#', id, coalesce(encode(convert_to(name, 'UTF8'), 'hex'), 'null'),
                     coalesce(to_char(amount, 'FM9999999999990.00'), 'null'),
                     coalesce(to_char(made, 'YYYYMMDDHH24MISSUS'), 'null'), coalesce(flag::int::text, 'null'),
                     coalesce((ratio * 1024)::bigint::text, 'null'),
                     coalesce(encode(convert_to(note, 'UTF8'), 'hex'), 'null'))) AS h FROM ${this.name}) AS hashes`
        : `SELECT COUNT(*), SUM(CAST(CONV(SUBSTR(h, 1, 12), 16, 10) AS UNSIGNED)), SUM(CAST(CONV(SUBSTR(h, 13, 12), 16, 10) AS UNSIGNED))
             FROM (SELECT MD5(CONCAT_WS('#', id, COALESCE(LOWER(HEX(name)), 'null'), COALESCE(CAST(amount AS CHAR), 'null'),
                     COALESCE(DATE_FORMAT(made, '%Y%m%d%H%i%s%f'), 'null'), COALESCE(flag, 'null'),
                     COALESCE(CAST(ratio * 1024 AS SIGNED), 'null'), COALESCE(LOWER(HEX(note)), 'null'))) AS h
                     FROM ${this.name}) AS hashes`,
    );
    return (row ?? []).map(String).join('/');
  }

  /** Changes one value of a row. @param choice a number from 0 to below 1 that picks the column. */
  async change(id: number, choice: number): Promise<void> {
    const changes = [
      `name = COALESCE(NULL, 'changed')`,
      'amount = amount + 0.01',
      this.#side.kind === 'postgres'
        ? `made = made + interval '1 microsecond'`
        : 'made = TIMESTAMPADD(MICROSECOND, 1, made)',
      this.#side.kind === 'postgres' ? 'flag = NOT flag' : 'flag = 1 - flag',
      'ratio = ratio + 0.0009765625',
      `note = CASE WHEN note = '' THEN NULL ELSE '' END`,
    ];
    const change = changes[Math.floor(choice * changes.length)] ?? changes[0];
    await this.#side.sql(`UPDATE ${this.name} SET ${change} WHERE id = ${id}`);
  }

  async remove(id: number): Promise<void> {
    await this.#side.sql(`DELETE FROM ${this.name} WHERE id = ${id}`);
  }

  async add(id: number): Promise<void> {
    await this.#side.sql(`INSERT INTO ${this.name} (id, name) VALUES (${id}, 'extra')`);
  }
}
