/** A database server that was started for a test, a proof or the demo. Everything it has is removed at its end. */
export interface RunningServer {
  readonly isAvailable: true;
  readonly kind: 'postgres' | 'mariadb';
  /** Of a superuser: `postgres://user:password@host:port/postgres`, `mysql://user:password@host:port/`. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** Such as `18.4` or `10.11.19-MariaDB-0+deb12u1`. */
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

/** Instead of a server: it cannot be had on this machine. Whoever wanted it counts a skip with this reason. */
export interface MissingServer {
  readonly isAvailable: false;
  readonly reason: string;
}

/** As an error: for servers that every supported machine can have. */
export class ServerUnavailable extends Error {
  override readonly name = 'ServerUnavailable';
}
