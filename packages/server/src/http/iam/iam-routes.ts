import { ownOperation } from '@sluice/contract/own-operations';
import { SluiceError } from '@sluice/core/errors/sluice-error';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { readSignOnRequest, type SignOnRequest } from '../../identity/auth-request.ts';
import { carriesSignature } from '../../identity/authorization-header.ts';
import type { Authenticator, Caller, RawRequest } from '../../identity/caller.ts';
import { IdentityError } from '../../identity/identity-error.ts';
import { hasPart, isAllowed } from '../../identity/rights.ts';
import { createTemporaryKey, readTemporaryKeyRequest } from '../../identity/temporary-key.ts';
import type { TokenDetails, TokenService } from '../../identity/token-service.ts';
import type { SecretBox } from '../../secrets/secret-box.ts';
import type { ProjectRecord } from '../../store/model.ts';
import type { IdentityRepository } from '../../store/store.ts';
import type { RequestOrigin, Trail } from '../trail.ts';
import { hasZeroCharacter } from '../zero-character.ts';
import { baseUrl } from './base-url.ts';
import { createProject } from './create-project.ts';
import {
  domainShape,
  listLinks,
  projectShape,
  regionShape,
  tokenShape,
  userShape,
  versionShape,
} from './iam-shapes.ts';
import { sendJson } from './send-json.ts';
import { serviceCatalog } from './service-catalog.ts';
import { wireTime } from './wire-time.ts';

/** The cloud's own bound on the temporary-key call, used for every body here: none is larger than a few hundred bytes. */
export const iamBodyBytesMax = 32 * 1024;

export interface IamDeps {
  readonly identity: IdentityRepository;
  readonly box: SecretBox;
  readonly authenticator: Authenticator;
  readonly tokens: TokenService;
  /** The request as it came, before any parsing or rewriting; signatures are made over that. */
  readonly rawRequest: (request: FastifyRequest) => RawRequest;
  /** Address under which clients reach this server; null: whatever Host they send. */
  readonly publicUrl: string | null;
  /** The region that this server stands for. */
  readonly region: string;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Gets to know of sign-ins that failed and of projects that are made; absent: nobody does. */
  readonly trail?: Trail;
}

/**
 * The part of the IAM v3 API that CDM clients use. Expects an app that keeps raw bodies whatever their content type, that
 * normalises doubled and trailing slashes for routing, and whose error handler knows IdentityError and SluiceError.
 */
export function registerIamRoutes(app: FastifyInstance, deps: IamDeps): void {
  const { identity, tokens } = deps;

  /** @throws IdentityError 401 for a token that is missing or wrong; SluiceError APIGW.0301 for a signature. */
  async function callerOf(request: FastifyRequest): Promise<Caller> {
    const raw = deps.rawRequest(request);
    try {
      return await deps.authenticator.authenticate(raw);
    } catch (error) {
      if (!(error instanceof SluiceError) || error.status === 403 || carriesSignature(raw.headers))
        throw error;
      throw new IdentityError(401, 'The request needs a valid token in X-Auth-Token, or a signature.', error);
    }
  }

  const baseOf = (request: FastifyRequest) => baseUrl(request, deps.publicUrl);

  function send(request: FastifyRequest, reply: FastifyReply, status: number, body: object): FastifyReply {
    reply.header('x-iam-trace-id', `token_${deps.region}_${request.id}`);
    return sendJson(reply, status, body);
  }

  function sendList(
    request: FastifyRequest,
    reply: FastifyReply,
    name: string,
    entries: readonly object[],
  ): FastifyReply {
    const path = deps.rawRequest(request).target.replace(/^\/+/, '/');
    return send(request, reply, 200, { [name]: entries, links: listLinks(`${baseOf(request)}${path}`) });
  }

  function sendToken(
    request: FastifyRequest,
    reply: FastifyReply,
    status: number,
    answer: { readonly token: string; readonly details: TokenDetails },
  ): FastifyReply {
    const { project } = answer.details;
    const noCatalog = queryText(request, 'nocatalog');
    const isBare = noCatalog !== null && noCatalog !== 'false';
    const catalog = isBare ? [] : serviceCatalog(baseOf(request), deps.region, project?.id ?? null);
    reply.header('x-subject-token', answer.token);
    return send(request, reply, status, tokenShape(answer.details, catalog));
  }

  async function tellOfFailure(
    signOn: SignOnRequest,
    request: FastifyRequest,
    error: unknown,
  ): Promise<void> {
    const { proof } = signOn;
    const ak = proof.method === 'hw_ak_sk' ? proof.ak : null;
    const user = proof.method === 'password' ? await tokens.userOf(proof.user) : null;
    await deps.trail?.signInFailed({ user, ak }, originOf(request), error);
  }

  /** The projects in which the caller has a role; the others are not spoken of. */
  async function projectsOf(caller: Caller): Promise<readonly ProjectRecord[]> {
    const projects = await identity.listProjects(caller.domainId);
    return projects.filter(({ id }) => hasPart(caller.rights, id));
  }

  /** The project that a catalog is for: the token's, or for a signature the one of X-Project-Id, or the default one. */
  async function catalogProject(request: FastifyRequest, caller: Caller): Promise<string | null> {
    if (caller.via === 'token') return caller.projectId;
    const own = (await projectsOf(caller)).filter((project) => project.isEnabled);
    const named = own.find((project) => project.id === headerText(request, 'x-project-id'));
    return (named ?? own[0])?.id ?? null;
  }

  // ── Versions ──────────────────────────────────────────────────────────────────────────────────

  app.get('/', (request, reply) =>
    send(request, reply, 300, { versions: { values: [versionShape(baseOf(request))] } }),
  );

  app.get('/v3', (request, reply) => send(request, reply, 200, { version: versionShape(baseOf(request)) }));

  // ── Tokens ────────────────────────────────────────────────────────────────────────────────────

  app.post('/v3/auth/tokens', async (request, reply) => {
    const body = jsonBody(deps.rawRequest(request).body);
    const signOn = readSignOnRequest(body);
    if (signOn.proof.method === 'hw_ak_sk' && !isPrivate(request)) {
      throw new IdentityError(
        400,
        'The method hw_ak_sk sends the secret key itself: use it over TLS or on loopback only.',
      );
    }
    const issued = await tokens
      .issue(signOn, headerText(request, 'x-auth-token'))
      .catch(async (error: unknown) => {
        if (error instanceof IdentityError && error.status === 401)
          await tellOfFailure(signOn, request, error);
        throw error;
      });
    return sendToken(request, reply, 201, issued);
  });

  app.get('/v3/auth/tokens', async (request, reply) => {
    const caller = await callerOf(request);
    const token = headerText(request, 'x-subject-token');
    if (token === null)
      throw new IdentityError(400, 'The header X-Subject-Token with the token to look at is missing.');
    const details = await tokens.look(token);
    // Another account's token is answered like one that does not exist.
    if (details === null || details.domain.id !== caller.domainId) {
      throw new IdentityError(404, 'The token in X-Subject-Token does not exist or has expired.');
    }
    return sendToken(request, reply, 200, { token, details });
  });

  app.get('/v3/auth/catalog', async (request, reply) => {
    const caller = await callerOf(request);
    const base = baseOf(request);
    const catalog = serviceCatalog(base, deps.region, await catalogProject(request, caller));
    return send(request, reply, 200, { catalog, links: { self: `${base}/v3/auth/catalog` } });
  });

  app.post('/v3.0/OS-CREDENTIAL/securitytokens', async (request, reply) => {
    const { body } = deps.rawRequest(request);
    if (body.length === 0 || body.length > iamBodyBytesMax) throw new SluiceError('IAM.1101');
    const wanted = readTemporaryKeyRequest(jsonBody(body));
    const token = wanted.token ?? headerText(request, 'x-auth-token');
    if (token === null) throw new SluiceError('IAM.0001');
    const bearer = await tokens.look(token);
    if (bearer === null) throw new SluiceError('IAM.0067');
    const key = await createTemporaryKey(deps, bearer.user.id, wanted.durationS);
    return send(request, reply, 201, {
      credential: {
        access: key.ak,
        secret: key.sk,
        securitytoken: key.securityToken,
        expires_at: wireTime(key.expiresAt),
      },
    });
  });

  // ── Projects, domains, users, regions ─────────────────────────────────────────────────────────

  app.get('/v3/projects', async (request, reply) => {
    const caller = await callerOf(request);
    const wanted = { name: queryText(request, 'name'), domainId: queryText(request, 'domain_id') };
    const enabled = queryText(request, 'enabled');
    const isWanted = (project: ProjectRecord) =>
      (wanted.name === null || project.name === wanted.name) &&
      (wanted.domainId === null || project.domainId === wanted.domainId) &&
      (enabled === null || project.isEnabled === (enabled !== 'false'));
    const projects = await projectsOf(caller);
    const shapes = projects.filter(isWanted).map((project) => projectShape(project, baseOf(request)));
    return sendList(request, reply, 'projects', shapes);
  });

  app.post('/v3/projects', async (request, reply) => {
    const caller = await callerOf(request);
    if (!isAllowed(caller.rights, null, 'administer')) {
      throw new IdentityError(403, 'Only an administrator of the account creates projects.');
    }
    const body = jsonBody(deps.rawRequest(request).body);
    const create = () => createProject(identity, caller, body);
    const call = { caller, projectId: '', parameters: {}, query: new URLSearchParams() };
    const project = await (deps.trail?.follow(projectCreation, call, originOf(request), create) ?? create());
    return send(request, reply, 201, { project: projectShape(project, baseOf(request)) });
  });

  app.get('/v3/auth/projects', async (request, reply) => {
    const caller = await callerOf(request);
    const projects = (await projectsOf(caller)).filter((project) => project.isEnabled);
    return sendList(
      request,
      reply,
      'projects',
      projects.map((project) => projectShape(project, baseOf(request))),
    );
  });

  app.get('/v3/auth/domains', async (request, reply) => {
    const { domainId: id, domainName: name } = await callerOf(request);
    return sendList(request, reply, 'domains', [domainShape({ id, name }, baseOf(request))]);
  });

  app.get('/v3/users', async (request, reply) => {
    const caller = await callerOf(request);
    const name = queryText(request, 'name');
    const users = await identity.listUsers(caller.domainId);
    const seesAll = isAllowed(caller.rights, null, 'administer');
    const shapes = users
      .filter((user) => (seesAll || user.id === caller.userId) && (name === null || user.name === name))
      .map((user) => userShape(user, baseOf(request)));
    return sendList(request, reply, 'users', shapes);
  });

  app.get('/v3/regions', async (request, reply) => {
    const caller = await callerOf(request);
    const projects = await projectsOf(caller);
    // A project at the top level bears its region's name; one below it has an underscore after that name.
    const names = projects.map((project) => project.name).filter((name) => !name.includes('_'));
    const regions = [...new Set([deps.region, ...names])];
    return sendList(
      request,
      reply,
      'regions',
      regions.map((region) => regionShape(region, baseOf(request))),
    );
  });
}

const projectCreation = ownOperation('CreateProject');

function originOf(request: FastifyRequest): RequestOrigin {
  return { source: request.ip, requestId: request.id };
}

/** @throws IdentityError 400. Whatever the content type says: clients disagree on it. */
function jsonBody(body: Uint8Array): unknown {
  if (body.length > iamBodyBytesMax) {
    throw new IdentityError(400, `The request body is larger than ${iamBodyBytesMax} bytes.`);
  }
  const text = Buffer.from(body).toString('utf8');
  if (hasZeroCharacter(text)) throw new IdentityError(400, 'The request body has a text with U+0000.');
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message would repeat a piece of the body, which may be a password.
    throw new IdentityError(400, 'The request body is not valid JSON.');
  }
}

function headerText(request: FastifyRequest, name: string): string | null {
  const value = request.headers[name];
  const text = (Array.isArray(value) ? value[0] : value)?.trim() ?? '';
  return text === '' ? null : text;
}

/** The first value of that name in the query; null when it is absent or empty. */
function queryText(request: FastifyRequest, name: string): string | null {
  const query = request.query;
  if (typeof query !== 'object' || query === null || !Object.hasOwn(query, name)) return null;
  const value: unknown = Reflect.get(query, name);
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === 'string' && first !== '' ? first : null;
}

/** Does nobody between client and server read along? */
function isPrivate(request: FastifyRequest): boolean {
  return request.protocol === 'https' || /^(?:::ffff:)?127\.|^::1$/.test(request.ip);
}
