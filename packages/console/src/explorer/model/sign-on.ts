import { secretKey } from './secret-key.ts';
import { sendCall } from './send-call.ts';
import type { Project, SignOn } from './signed-on.ts';

export interface PasswordForm {
  readonly account: string;
  readonly user: string;
  readonly password: string;
  /** Name of the project; empty: the first that the account has. */
  readonly project: string;
}

/** The server said no, or something that is no sign-on. `message` are its own words. */
export class SignOnRefused extends Error {
  override readonly name = 'SignOnRefused';
  /** 0: there was no answer. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Gets a token for a project. @throws SignOnRefused */
export async function signOnWithPassword(base: string, form: PasswordForm): Promise<SignOn> {
  const identity = {
    methods: ['password'],
    password: { user: { name: form.user, password: form.password, domain: { name: form.account } } },
  };
  if (form.project !== '') {
    return tokenSignOn(await issueToken(base, { identity, scope: { project: { name: form.project } } }));
  }
  const { token } = await issueToken(base, { identity });
  const projects = await projectsOf(base, '/v3/auth/projects', [['X-Auth-Token', token]]);
  const first = projects[0];
  if (first === undefined) throw new SignOnRefused(403, 'The account has no project.');
  const scoped = await issueToken(base, {
    identity: { methods: ['token'], token: { id: token } },
    scope: { project: { id: first.id } },
  });
  return tokenSignOn(scoped);
}

/** Asks the server what a token is good for. @throws SignOnRefused */
export async function signOnWithToken(base: string, token: string): Promise<SignOn> {
  const answer = await sendCall(base, {
    method: 'GET',
    target: targetOf(base, '/v3/auth/tokens?nocatalog=true'),
    headers: [
      ['X-Auth-Token', token],
      ['X-Subject-Token', token],
    ],
    body: null,
  });
  return tokenSignOn({ token, ...tokenFacts(accepted(answer, 200)) });
}

/** Proves a pair of keys by asking, signed, for the projects they are good for. @throws SignOnRefused */
export async function signOnWithKeys(
  base: string,
  accessKey: string,
  sk: string,
  securityToken: string,
): Promise<SignOn> {
  const signOn: SignOn = {
    kind: 'keys',
    accessKey,
    key: await secretKey(sk),
    securityToken: securityToken === '' ? null : securityToken,
    user: accessKey,
    projects: [],
    expiresAt: null,
  };
  const answer = await sendCall(
    base,
    { method: 'GET', target: targetOf(base, '/v3/projects'), headers: [], body: null },
    { signOn },
  );
  return { ...signOn, projects: readProjects(accepted(answer, 200)) };
}

interface Issued {
  readonly token: string;
  readonly user: string;
  readonly project: Project | null;
  readonly expiresAt: number | null;
}

async function issueToken(base: string, auth: object): Promise<Issued> {
  const answer = await sendCall(base, {
    method: 'POST',
    target: targetOf(base, '/v3/auth/tokens?nocatalog=true'),
    headers: [['Content-Type', 'application/json']],
    body: JSON.stringify({ auth }),
  });
  const facts = tokenFacts(accepted(answer, 201));
  const token = answer.headers.find(([name]) => name === 'x-subject-token')?.[1];
  if (token === undefined) throw new SignOnRefused(answer.status, 'The answer has no X-Subject-Token.');
  return { token, ...facts };
}

function tokenSignOn({ token, user, project, expiresAt }: Issued): SignOn {
  return { kind: 'token', token, user, projects: project === null ? [] : [project], expiresAt };
}

async function projectsOf(
  base: string,
  path: string,
  headers: readonly (readonly [string, string])[],
): Promise<Project[]> {
  const answer = await sendCall(base, { method: 'GET', target: targetOf(base, path), headers, body: null });
  return readProjects(accepted(answer, 200));
}

function targetOf(base: string, path: string): string {
  const url = new URL(`${base}${path}`);
  return `${url.pathname}${url.search}`;
}

type Members = Readonly<Record<string, unknown>>;

/** The answer's body. @throws SignOnRefused with what the server says. */
function accepted(answer: Awaited<ReturnType<typeof sendCall>>, status: number): Members {
  const body = membersOf(parsed(answer.bodyText));
  if (answer.status === status) return body;
  const said = membersOf(body.error).message ?? body.error_msg ?? body.externalMessage ?? answer.statusText;
  throw new SignOnRefused(answer.status, String(said));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // a proxy's page of HTML, say: whoever asks finds no member in it
  }
}

function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null ? (value as Members) : {};
}

function tokenFacts(body: Members): Omit<Issued, 'token'> {
  const token = membersOf(body.token);
  const project = membersOf(token.project);
  const expiresAt = Date.parse(String(token.expires_at));
  return {
    user: String(membersOf(token.user).name ?? ''),
    project: typeof project.id === 'string' ? { id: project.id, name: String(project.name) } : null,
    expiresAt: Number.isNaN(expiresAt) ? null : expiresAt,
  };
}

function readProjects(body: Members): Project[] {
  const list = Array.isArray(body.projects) ? body.projects.map(membersOf) : [];
  return list
    .filter(({ enabled }) => enabled !== false)
    .map(({ id, name }) => ({ id: String(id), name: String(name) }));
}
