import { prettyJson } from './json-text.ts';
import { percentEncoded, shellWord } from './literals.ts';
import type { SampleCall } from './sample-call.ts';
import { fileText } from './source-text.ts';

/** What curl needs of a call: it can make those of any API. */
export type CurlCall = Pick<SampleCall, 'endpoint' | 'path' | 'query' | 'headers' | 'body' | 'signOn'> & {
  readonly operation: { readonly method: string };
};

/**
 * A script for a POSIX shell with curl 7.76 or later; to sign with keys it takes openssl. No secret is ever an argument of a
 * program: those are shown to every user of the machine.
 */
export function curlSample(call: CurlCall): string {
  return call.signOn === 'token' ? withToken(call) : signed(call);
}

/** What the environment must hold is asked for at the start, by name. */
const needed = (name: string) => `: "\${${name}:?}"`;

function withToken(call: CurlCall): string {
  const { body } = call;
  return fileText([
    '#!/bin/sh',
    'set -eu',
    needed('X_AUTH_TOKEN'),
    ...command(call, [
      ...(body === undefined ? [] : ['--data-binary @-']),
      // A line of JSON is never this word alone.
      `--header @/dev/fd/3 3<<TOKEN${body === undefined ? '' : " <<'JSON'"}`,
    ]),
    'X-Auth-Token: $X_AUTH_TOKEN',
    'TOKEN',
    ...(body === undefined ? [] : [prettyJson(body), 'JSON']),
  ]);
}

/**
 * HMAC-SHA256 in its two rounds, for openssl takes a key as an argument only. What is done with the key is done by the
 * shell itself: its bytes become the positional parameters, filled up to a block of 64, and are written with each bit that the
 * round wants turned.
 */
const keyedHash = [
  'set -- $(printf %s "$HUAWEICLOUD_SDK_SK" | od -A n -v -t u1)',
  '[ $# -le 64 ] || set -- $(printf %s "$HUAWEICLOUD_SDK_SK" | openssl dgst -sha256 -binary | od -A n -v -t u1)',
  'while [ $# -lt 64 ]; do set -- "$@" 0; done',
  'inner= outer=',
  'for byte; do inner="$inner $((byte ^ 54))" outer="$outer $((byte ^ 92))"; done',
  'pad() { printf %b "$(printf \'\\\\0%03o\' "$@")"; }',
  'hmac() { { pad $outer; { pad $inner; cat; } | openssl dgst -sha256 -binary; } | sha256; }',
];

/**
 * Everything that is signed but the time is known here, so the script holds the canonical request and leaves the arithmetic
 * to openssl.
 */
function signed(call: CurlCall): string {
  const { endpoint, path, query, operation, body } = call;
  const address = new URL(endpoint);
  const canonicalQuery = query
    .map(([name, value]) => `${percentEncoded(name)}=${percentEncoded(value)}`)
    .sort()
    .join('&');
  const prefix = address.pathname.replace(/\/+$/, '');
  const lines = [operation.method, `${prefix}${path}/`, canonicalQuery, `host:${address.host}`];
  return fileText([
    '#!/bin/sh',
    'set -eu',
    needed('HUAWEICLOUD_SDK_AK'),
    needed('HUAWEICLOUD_SDK_SK'),
    `body=${body === undefined ? "''" : shellWord(prettyJson(body))}`,
    '',
    'sha256() { openssl dgst -sha256 -r | cut -d " " -f 1; }',
    '# HMAC by hand: openssl would show the key among its arguments.',
    ...keyedHash,
    '',
    'date=$(date -u +%Y%m%dT%H%M%SZ)',
    'request=$(',
    `  printf '%s\\n' ${lines.map(shellWord).join(' ')} \\`,
    `    "x-sdk-date:$date" '' 'host;x-sdk-date' "$(printf %s "$body" | sha256)"`,
    ')',
    'digest=$(printf %s "$request" | sha256)',
    'signature=$(printf \'%s\\n%s\\n%s\' SDK-HMAC-SHA256 "$date" "$digest" | hmac)',
    'access="SDK-HMAC-SHA256 Access=$HUAWEICLOUD_SDK_AK, SignedHeaders=host;x-sdk-date, Signature=$signature"',
    '',
    ...(body === undefined ? [] : ['printf %s "$body" |']),
    ...command(call, [
      '--header "X-Sdk-Date: $date"',
      '--header "Authorization: $access"',
      ...(body === undefined ? [] : ['--data-binary @-']),
    ]),
  ]);
}

function command(call: CurlCall, more: readonly string[]): string[] {
  const { endpoint, path, query, headers, operation, body } = call;
  const search = query.map(([name, value]) => `${percentEncoded(name)}=${percentEncoded(value)}`).join('&');
  const url = `${endpoint}${path}${search === '' ? '' : `?${search}`}`;
  const parts = [
    'curl --silent --show-error --fail-with-body',
    // A name of one or two dots is a name here and no way up.
    ...(/\/\.{1,2}(?=\/|$)/.test(path) ? ['--path-as-is'] : []),
    `--request ${operation.method}`,
    `--url ${shellWord(url)}`,
    ...headers.map(([name, value]) => `--header ${shellWord(`${name}: ${value}`)}`),
    ...(body === undefined ? [] : ["--header 'Content-Type: application/json'"]),
    ...more,
  ];
  return parts.map((part, index) => {
    const line = index === 0 ? part : `  ${part}`;
    return index < parts.length - 1 ? `${line} \\` : line;
  });
}
