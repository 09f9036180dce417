import type { Client } from 'pg';

/** What a database says of a table: its rows, and the sum of a hash of each, which no order changes. */
export interface TableProof {
  readonly rows: number;
  /** A whole number of any size, as text. */
  readonly checksum: string;
}

/**
 * Makes the table `lineitem`, shaped as in TPC-H, with exactly `rows` rows. The values follow from each row's
 * number and the seed by arithmetic inside the database, so the same call makes the same table everywhere.
 */
export async function makeLineitem(client: Client, rows: number, seed: number): Promise<void> {
  await client.query(`
    CREATE TABLE lineitem (
      l_orderkey bigint NOT NULL,
      l_partkey integer NOT NULL,
      l_suppkey integer NOT NULL,
      l_linenumber integer NOT NULL,
      l_quantity numeric(15,2) NOT NULL,
      l_extendedprice numeric(15,2) NOT NULL,
      l_discount numeric(15,2) NOT NULL,
      l_tax numeric(15,2) NOT NULL,
      l_returnflag char(1) NOT NULL,
      l_linestatus char(1) NOT NULL,
      l_shipdate date NOT NULL,
      l_commitdate date NOT NULL,
      l_receiptdate date NOT NULL,
      l_shipinstruct char(25) NOT NULL,
      l_shipmode char(10) NOT NULL,
      l_comment varchar(44)
    )`);
  // r and s are two well-mixed numbers per row (a multiplication modulo the prime 2^31 - 1); everything
  // else is cut from them. Four lines to an order; every 17th comment is NULL, every 19th empty.
  await client.query(
    `INSERT INTO lineitem
     SELECT n / 4 + 1, r % 200000 + 1, s % 10000 + 1, n % 4 + 1, q, q * (90000 + r % 110001) / 100,
            (s % 11) / 100.0, (r % 9) / 100.0,
            (ARRAY['A', 'N', 'R'])[r % 3 + 1], (ARRAY['F', 'O'])[s % 2 + 1],
            ship, ship + (r % 60)::integer - 30, ship + (s % 30)::integer + 1,
            (ARRAY['DELIVER IN PERSON', 'COLLECT COD', 'NONE', 'TAKE BACK RETURN'])[s % 4 + 1],
            (ARRAY['REG AIR', 'AIR', 'RAIL', 'SHIP', 'TRUCK', 'MAIL', 'FOB'])[r % 7 + 1],
            CASE WHEN n % 17 = 0 THEN NULL WHEN n % 19 = 0 THEN ''
                 ELSE (ARRAY['carefully final', 'furiously', 'quick "pending"', 'slyly\\ bold', '数据迁移', 'zwölf grüne'])[s % 6 + 1]
                      || ' requests ' || r END
     FROM (SELECT n, r, s, s % 50 + 1 AS q, date '1992-01-02' + (r % 2526)::integer AS ship
           FROM (SELECT n, (n * 48271 + $2) * 16807 % 2147483647 AS r, (n + $2) * 69621 % 2147483647 AS s
                 FROM generate_series(0, $1::bigint - 1) AS n) AS mixed) AS line`,
    [rows, seed],
  );
  await client.query('ALTER TABLE lineitem ADD PRIMARY KEY (l_orderkey, l_linenumber)');
  await client.query('ANALYZE lineitem');
}

/** Counted and hashed by the database itself from the text of whole rows: none of our code touches a value. */
export async function proofOf(client: Client): Promise<TableProof> {
  const { rows } = await client.query(
    `SELECT count(*)::text AS rows, coalesce(sum(hashtextextended(lineitem::text, 0)::numeric), 0)::text AS checksum
     FROM lineitem`,
  );
  return { rows: Number(rows[0].rows), checksum: rows[0].checksum };
}
