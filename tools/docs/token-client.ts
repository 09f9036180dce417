import { setTimeout as sleep } from 'node:timers/promises';

const callLimitMs = 60_000;
const clusterWaitMs = 30_000;
const pollMs = 50;

export interface Account {
  readonly domain: string;
  readonly user: string;
  readonly password: string;
  /** The project's name, which is the region's. */
  readonly project: string;
}

type Document = Readonly<Record<string, unknown>>;

/** Names and texts of one config group. */
export interface Configs {
  readonly name: string;
  readonly values: Readonly<Record<string, string>>;
}

/** Speaks to a server with a token, as somebody with curl does. */
export class TokenClient {
  readonly endpoint: string;
  readonly token: string;
  readonly projectId: string;

  private constructor(endpoint: string, token: string, projectId: string) {
    this.endpoint = endpoint;
    this.token = token;
    this.projectId = projectId;
  }

  /** Signs on with a password for one project. @throws Error when the server refuses. */
  static async signOn(endpoint: string, account: Account): Promise<TokenClient> {
    const response = await fetch(`${endpoint}/v3/auth/tokens`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(signOnBody(account)),
      signal: AbortSignal.timeout(callLimitMs),
    });
    const body = (await response.json()) as {
      readonly token?: { readonly project?: { readonly id: string } };
    };
    const token = response.headers.get('x-subject-token');
    const projectId = body.token?.project?.id;
    if (response.status !== 201 || token === null || projectId === undefined)
      throw new Error(`no token: ${response.status} ${JSON.stringify(body)}`);
    return new TokenClient(endpoint, token, projectId);
  }

  /** @param path below the project. @throws Error with status and body when the server refuses. */
  async call(method: string, path: string, body?: unknown): Promise<Document> {
    return await this.#ask(method, `/v1.1/${this.projectId}${path}`, body);
  }

  /** The same of our own API. */
  async callOwn(method: string, path: string, body?: unknown): Promise<Document> {
    return await this.#ask(method, `/api/v1/projects/${this.projectId}${path}`, body);
  }

  async #ask(method: string, path: string, body: unknown): Promise<Document> {
    const response = await fetch(`${this.endpoint}${path}`, {
      method,
      headers: { 'X-Auth-Token': this.token, 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(callLimitMs),
    });
    const answer = (await response.json()) as Document;
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  }

  /** Makes a cluster and waits until it may be used. @returns its id. */
  async createCluster(name: string): Promise<string> {
    const nics = [{ securityGroupId: 'sg', 'net-id': 'net' }];
    const flavorRef = 'fb8fe666-6734-4b11-bc6c-43d11db3c745';
    const created = await this.call('POST', '/clusters', {
      cluster: {
        name,
        vpcId: 'vpc',
        datastore: { type: 'cdm', version: '2.9.1.100' },
        instances: [{ type: 'cdm', flavorRef, availability_zone: 'az1', nics }],
      },
    });
    const id = String(created.id);
    const deadline = Date.now() + clusterWaitMs;
    while ((await this.call('GET', `/clusters/${id}`)).status !== '200') {
      if (Date.now() > deadline) throw new Error('the cluster did not become usable');
      await sleep(pollMs);
    }
    return id;
  }
}

/** The body of a sign-on with a password. */
export function signOnBody({ domain, user, password, project }: Account): Document {
  return {
    auth: {
      identity: {
        methods: ['password'],
        password: { user: { name: user, password, domain: { name: domain } } },
      },
      scope: { project: { name: project } },
    },
  };
}

/** Groups of names and texts in the form of the wire. */
export function configValues(groups: readonly Configs[]): Document {
  return {
    configs: groups.map(({ name, values }) => ({
      name,
      inputs: Object.entries(values).map(([input, value]) => ({ name: `${name}.${input}`, value })),
    })),
  };
}
