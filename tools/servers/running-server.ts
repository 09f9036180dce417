export type ServerKind = 'postgres' | 'mariadb' | 'mysql';

/** A database server that was started for a test, a proof or the demo. Everything it has is removed at its end. */
export interface RunningServer<Kind extends ServerKind = 'postgres' | 'mariadb'> {
  readonly kind: Kind;
  /** Of a superuser: `postgres://user:password@host:port/postgres`, `mysql://user:password@host:port/`. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** Such as `18.4`, `10.11.19-MariaDB-0+deb12u1` or `9.7.4-2`. */
  readonly version: string;
  /** The server's main process; changes with `restart`. */
  readonly pid: number;
  /** Ends the server abruptly (SIGKILL unless told) and resolves when it is gone. Its data stay. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** After `kill`: starts the server again on the same port and data; resolves when it takes connections. */
  restart(): Promise<void>;
  /** Ends the server and removes its data. Resolves within 20 s whatever the server does. May be called twice. */
  stop(): Promise<void>;
}

/** The server cannot be had on this machine. Whoever wanted it counts a skip with `message` as the reason. */
export class ServerUnavailable extends Error {
  override readonly name = 'ServerUnavailable';
}
