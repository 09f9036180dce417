/**
 * What is used of the driver `oracledb`, which brings no types along. Facts are from its documentation and its thin mode's
 * source; whoever raises its version reads `transport.ts` too.
 */
export interface Driver {
  readonly OUT_FORMAT_ARRAY: number;
  readonly DB_TYPE_VARCHAR: DriverType;
  readonly DB_TYPE_NVARCHAR: DriverType;
  readonly DB_TYPE_RAW: DriverType;
  readonly DB_TYPE_NUMBER: DriverType;
  readonly DB_TYPE_CLOB: DriverType;
  readonly DB_TYPE_NCLOB: DriverType;
  readonly DB_TYPE_BLOB: DriverType;
  readonly DB_TYPE_BINARY_FLOAT: DriverType;
  readonly DB_TYPE_BINARY_DOUBLE: DriverType;
  getConnection(options: ConnectWish): Promise<DriverConnection>;
}

/** A type of the driver, compared by identity. */
export interface DriverType {
  readonly num: number;
  readonly name: string;
}

export interface ConnectWish {
  readonly user: string;
  readonly password: string;
  readonly connectString: string;
  readonly stmtCacheSize: number;
}

export type BindValue = null | string | number | Uint8Array;

export interface BindDefinition {
  readonly type: DriverType;
  readonly maxSize?: number;
}

/** How a column of a result is described. */
export interface ResultColumn {
  readonly name: string;
  readonly dbType: DriverType;
  readonly precision?: number;
  readonly scale?: number;
  readonly byteSize?: number;
  readonly nullable?: boolean;
}

export type DriverRow = readonly (null | string | number | boolean | Uint8Array)[];

export interface ResultSet {
  readonly metaData: readonly ResultColumn[];
  getRows(count: number): Promise<readonly DriverRow[]>;
  close(): Promise<void>;
}

export interface ExecuteOptions {
  readonly resultSet?: boolean;
  readonly outFormat?: number;
  readonly autoCommit?: boolean;
  readonly fetchArraySize?: number;
  readonly prefetchRows?: number;
  readonly keepInStmtCache?: boolean;
  readonly fetchTypeHandler?: (column: ResultColumn) => { readonly type: DriverType } | undefined;
}

export interface ExecuteResult {
  readonly rowsAffected?: number;
  readonly resultSet?: ResultSet;
}

/** A row of an array that the server refused. */
export interface BatchError {
  readonly message: string;
  readonly offset: number;
}

export interface DriverConnection {
  readonly oracleServerVersion: number;
  readonly oracleServerVersionString: string;
  /** Longest wait for one answer, in milliseconds. */
  callTimeout: number;
  execute(sql: string, binds: readonly BindValue[], options: ExecuteOptions): Promise<ExecuteResult>;
  executeMany(
    sql: string,
    rows: readonly (readonly BindValue[])[],
    options: {
      readonly bindDefs: readonly BindDefinition[];
      readonly autoCommit: false;
      readonly batchErrors: boolean;
    },
  ): Promise<{ readonly rowsAffected?: number; readonly batchErrors?: readonly BatchError[] }>;
  /** Parses a statement; runs nothing of a query. */
  getStatementInfo(sql: string): Promise<{
    readonly bindNames: readonly string[];
    readonly metaData?: readonly ResultColumn[];
    readonly statementType: number;
  }>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
  close(): Promise<void>;
}

/** Loads the driver: pure JavaScript in its thin mode, which is all that is used. */
export async function loadDriver(): Promise<Driver> {
  // @ts-expect-error The package has no types.
  const loaded = (await import('oracledb')) as { readonly default: Driver };
  return loaded.default;
}
