import { readFileSync } from 'node:fs';
import type { Config } from './config/options.ts';
import type { FirstAccount } from './identity/first-start.ts';
import { startServer } from './start-server.ts';

/** After a signal the server has this long to end in order; then it ends at once, which loses nothing either. */
const orderlyStopMs = 10_000;

/**
 * `sluice up`: starts the server and resolves when it listens. It ends with SIGINT or SIGTERM.
 * @throws Refusal with one sentence when it cannot start.
 */
export async function up(config: Config): Promise<void> {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const server = await startServer(config, version);
  const { address, firstAccount, log } = server;
  process.stdout.write(greeting(config, config.publicUrl ?? address, firstAccount));

  let isStopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (isStopping) return;
    isStopping = true;
    log.info('server.stopping', { signal });
    setTimeout(() => process.exit(1), orderlyStopMs).unref();
    server.close().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error('server.stop-failed', { error });
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

/** What the person at the terminal sees. The first account's secrets are shown this once. */
function greeting(config: Config, address: string, account: FirstAccount | null): string {
  const zh = config.language === 'zh';
  const lines = [
    zh ? `Sluice 已就绪：${address}` : `Sluice is ready at ${address}`,
    `API Explorer${zh ? '：' : ': '}${address}/explorer`,
  ];
  if (account !== null) {
    lines.push(
      '',
      zh
        ? '首次启动已创建以下账号。密钥和密码只显示这一次，请妥善保存：'
        : 'The first start made this account. Its secrets are shown this once; keep them:',
      `  ${zh ? '账号      ' : 'account   '}  ${account.domainName}`,
      `  ${zh ? '用户      ' : 'user      '}  ${account.userName}`,
      `  ${zh ? '密码      ' : 'password  '}  ${account.password}`,
      `  ${zh ? '项目      ' : 'project   '}  ${account.projectName}  ${account.projectId}`,
      `  AK          ${account.ak}`,
      `  SK          ${account.sk}`,
    );
  }
  return `${lines.join('\n')}\n\n`;
}
