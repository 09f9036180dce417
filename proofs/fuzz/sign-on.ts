import { authorizationOf, signingDate } from '../../tools/demo/request-signature.ts';
import type { Dice } from './dice.ts';
import type { FuzzRequest } from './fuzz-request.ts';
import type { FuzzWorld } from './fuzz-world.ts';

/** Adds a token, a signature, or something of either that is broken. */
export function withSignOn(request: FuzzRequest, dice: Dice, world: FuzzWorld): FuzzRequest {
  const by = (...headers: readonly (readonly [string, string])[]): FuzzRequest => ({
    ...request,
    headers: [...request.headers, ...headers],
  });
  const way = dice.below(100);
  if (way < 60) return by(['X-Auth-Token', world.token]);
  if (way < 88) return by(...(signature(request, world) ?? [['X-Auth-Token', world.token]]));
  switch (dice.below(8)) {
    case 0:
      return request;
    case 1:
      return by(['X-Auth-Token', `${world.token.slice(0, -4)}AAAA`]);
    case 2:
      return by(['X-Auth-Token', dice.pick(['', 'x', 'null', 'a'.repeat(20_000)])]);
    case 3:
      return by(...(signature(request, { ...world, secretKey: 'wrong' }) ?? []));
    case 4:
      return by(...(signature(request, { ...world, accessKey: `AK${dice.below(1e6)}` }) ?? []));
    case 5:
      return by(...(signature(request, world, new Date('2020-01-02T03:04:05Z')) ?? []));
    case 6:
      return by([
        'Authorization',
        dice.pick([
          'SDK-HMAC-SHA256',
          'Bearer x',
          'SDK-HMAC-SHA256 Access=, SignedHeaders=;, Signature=',
          'Basic Og==',
        ]),
      ]);
    default:
      return by(['X-Auth-Token', world.token], ['X-Auth-Token', 'second']);
  }
}

/** null where a library would not sign either: the target is no URL. */
function signature(
  { method, target, body }: FuzzRequest,
  { accessKey, secretKey }: Pick<FuzzWorld, 'accessKey' | 'secretKey'>,
  at = new Date(),
): readonly (readonly [string, string])[] | null {
  const headers = { host: '127.0.0.1', 'x-sdk-date': signingDate(at) };
  try {
    const url = new URL(target, 'http://127.0.0.1');
    const authorization = authorizationOf(
      { method, url, headers, body: body?.toString() ?? '' },
      accessKey,
      secretKey,
    );
    return [
      ['X-Sdk-Date', headers['x-sdk-date']],
      ['Authorization', authorization],
    ];
  } catch {
    return null;
  }
}
