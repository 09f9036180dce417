import type { Text } from '../data/text.ts';
import { SluiceError } from '../errors/sluice-error.ts';
import type { OptionGroup, OptionValues } from '../options/option.ts';
import type { Connection, Host } from './contract.ts';

/**
 * What a connector is, without its driver: cheap to import, so that the API process can validate links and jobs
 * of systems whose drivers it never loads.
 */
export interface ConnectorSpec {
  /** The connector's name on the wire: `generic-jdbc-connector`. */
  readonly name: string;
  readonly title: Text;
  readonly link: OptionGroup;
  readonly from: OptionGroup | null;
  readonly to: OptionGroup | null;
  /** Files can be put behind its links: records that a run sets aside may go there. */
  readonly holdsFiles?: true;
  /** What it was proved against: the connector table says so. */
  readonly provedOn: 'real server' | 'stub only';
  /** Loads the driver and opens a connection. Options have passed `link`. */
  open(link: OptionValues, host: Host): Promise<Connection>;
}

/** Declares a connector; the only way to make one. */
export function defineConnector(spec: ConnectorSpec): ConnectorSpec {
  return Object.freeze(spec);
}

/** The connectors of a server or of a test: a value, built small where a test needs little. */
export class ConnectorRegistry {
  readonly #byName: ReadonlyMap<string, ConnectorSpec>;

  constructor(specs: readonly ConnectorSpec[]) {
    this.#byName = new Map(specs.map((spec) => [spec.name, spec]));
  }

  names(): readonly string[] {
    return [...this.#byName.keys()];
  }

  /** @throws Cdm.0102 when there is no such connector. */
  get(name: string): ConnectorSpec {
    const spec = this.#byName.get(name);
    if (spec === undefined) throw new SluiceError('Cdm.0102', { connector: name });
    return spec;
  }
}
