import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { BundledFile, ExplorerBundle } from './explorer-bundle.ts';

/**
 * What the page may do: load its own files, talk to this server, and nothing else. No script or style stands in the page
 * itself, and none can be put there by text: the browser takes no HTML from scripts.
 */
const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const guards: Readonly<Record<string, string>> = {
  'content-security-policy': pagePolicy,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
};

/** Assets have the hash of their content in their name: whoever has one never needs to ask again. */
const assetCache = 'public, max-age=31536000, immutable';
/** The page names them, so it is asked for each time; mostly the answer is that nothing changed. */
const pageCache = 'no-cache';

/** Serves the API Explorer at `/explorer`. @param bundle null: there is none, and the page says so. */
export function addExplorerRoutes(app: FastifyInstance, bundle: ExplorerBundle | null): void {
  app.get('/explorer', (request, reply) => {
    // One slash more and the page's own files would be looked for one level deeper.
    if (/^\/explorer\/+(\?|$)/.test(request.originalUrl)) {
      sendBytes(reply, 308, { location: '../explorer', 'content-length': '0' }, null);
    } else if (bundle === null) {
      sendBytes(
        reply,
        503,
        { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' },
        missing,
      );
    } else sendFile(request, reply, bundle.page, pageCache);
  });
  app.get('/explorer/assets/:name', (request, reply) => {
    const { name } = request.params as { readonly name: string };
    const asset = bundle?.assets.get(name);
    if (asset === undefined) return reply.callNotFound();
    sendFile(request, reply, asset, assetCache);
  });
}

function sendFile(request: FastifyRequest, reply: FastifyReply, file: BundledFile, cache: string): void {
  const headers = {
    'content-type': file.type,
    etag: file.etag,
    'cache-control': cache,
    vary: 'accept-encoding',
  };
  const known = String(request.headers['if-none-match'] ?? '').split(',');
  if (known.some((tag) => tag.trim().replace(/^W\//, '') === file.etag)) {
    sendBytes(reply, 304, headers, null);
    return;
  }
  const takesGzip = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i.test(
    String(request.headers['accept-encoding'] ?? ''),
  );
  if (file.gzipped !== null && takesGzip)
    sendBytes(reply, 200, { ...headers, 'content-encoding': 'gzip' }, file.gzipped);
  else sendBytes(reply, 200, headers, file.bytes);
}

/** Past the hooks of the API, whose answers are all JSON. */
function sendBytes(
  reply: FastifyReply,
  status: number,
  headers: Readonly<Record<string, string>>,
  bytes: Buffer | null,
): void {
  reply.hijack();
  const length: Record<string, string> = bytes === null ? {} : { 'content-length': String(bytes.length) };
  reply.raw.writeHead(status, { ...guards, 'x-request-id': reply.request.id, ...headers, ...length });
  reply.raw.end(bytes ?? undefined);
}

const missing = Buffer.from(
  `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>Sluice API Explorer</title></head>
  <body>
    <h1>The API Explorer has not been bundled.</h1>
    <p>Everything else works. Start the server with <code>npm run sluice -- up</code>, which bundles the page first, and read what it says.</p>
    <h1 lang="zh-CN">API Explorer 尚未打包。</h1>
    <p lang="zh-CN">其他功能不受影响。请使用 <code>npm run sluice -- up</code> 启动服务：它会先打包该页面，如有失败会给出原因。</p>
  </body>
</html>
`,
  'utf8',
);
