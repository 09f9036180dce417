import path from 'node:path';
import type { Browser } from 'playwright-core';
import { TokenClient } from '../../tools/docs/token-client.ts';
import type { SluiceProcess } from '../../tools/sluice-process/sluice-process.ts';
import { account, accountOf, type MigratedOrders } from './migrated-orders.ts';
import { Visit, type VisitSettings } from './visit.ts';

export interface ExplorerFigures {
  readonly visits: number;
  /** Calls that were sent by the page, and those that were answered with what they had to be. */
  readonly asked: number;
  readonly answered: number;
  /** Tabs of samples that were opened, over all operations. */
  readonly samples: number;
  readonly emptySamples: number;
  readonly operations: number;
  readonly requestsInside: number;
  readonly requestsOutside: number;
  /** Errors on the console, uncaught ones, rules of accessibility that were broken, and whatever else is not as it should be. */
  readonly complaints: readonly string[];
  /** The page's policy stopped a script that the test planted itself: so it can be trusted to stop another. */
  readonly plantedScriptSeen: boolean;
}

const hostile = '<img src=x onerror="window.hit=1"><script>window.hit=2</script>';

/** Walks through the page as several people would. */
export class ExplorerTour {
  readonly #browser: Browser;
  readonly #server: SluiceProcess;
  readonly #orders: MigratedOrders;
  readonly #screenshots: string;
  readonly #counts = {
    visits: 0,
    asked: 0,
    answered: 0,
    samples: 0,
    emptySamples: 0,
    operations: 0,
    requestsInside: 0,
    requestsOutside: 0,
  };
  readonly #complaints: string[] = [];
  #plantedScriptSeen = false;

  constructor(browser: Browser, server: SluiceProcess, orders: MigratedOrders, screenshots: string) {
    this.#browser = browser;
    this.#server = server;
    this.#orders = orders;
    this.#screenshots = screenshots;
  }

  async walk(): Promise<ExplorerFigures> {
    await this.#visit({ language: 'en', theme: 'light' }, (visit) => this.#byPassword(visit));
    await this.#visit({ language: 'zh', theme: 'dark' }, (visit) => this.#byKeys(visit));
    await this.#visit({ language: 'zh', theme: 'light' }, (visit) => this.#byToken(visit));
    await this.#visit({ language: 'en', theme: 'dark' }, (visit) => this.#everyOperation(visit));
    await this.#visit({ language: 'en', theme: 'light' }, (visit) => this.#hostileText(visit));
    await this.#visit({ language: 'en', theme: 'light', width: 420, height: 860 }, (visit) =>
      this.#smallScreen(visit),
    );
    await this.#visit(
      { language: 'en', theme: 'light' },
      (visit) => this.#withoutWebCrypto(visit),
      this.#server.endpoint.replace('127.0.0.1', 'plain.test'),
    );
    await this.#plantScript();
    return { ...this.#counts, complaints: this.#complaints, plantedScriptSeen: this.#plantedScriptSeen };
  }

  async #visit(
    settings: VisitSettings,
    walk: (visit: Visit) => Promise<void>,
    origin = this.#server.endpoint,
  ): Promise<void> {
    const visit = await Visit.begin(this.#browser, origin, settings);
    try {
      this.#counts.visits += 1;
      this.#check(
        (await visit.page.locator('html').getAttribute('lang')) ===
          (settings.language === 'zh' ? 'zh-CN' : 'en'),
        `the page did not choose ${settings.language} by itself`,
      );
      await walk(visit);
      await this.#noSecrets(visit);
    } finally {
      this.#counts.requestsInside += visit.requests.inside;
      this.#counts.requestsOutside += visit.requests.outside;
      this.#complaints.push(...visit.complaints);
      await visit.end();
    }
  }

  #check(isAsItShouldBe: boolean, complaint: string): void {
    if (!isAsItShouldBe) this.#complaints.push(complaint);
  }

  async #ask(visit: Visit, status: string, expected: string): Promise<void> {
    this.#counts.asked += 1;
    const answer = await visit.send();
    if (answer.status.startsWith(status) && answer.body.includes(expected)) this.#counts.answered += 1;
    else this.#complaints.push(`answered ${answer.status}: ${answer.body.slice(0, 300)}`);
  }

  #shot(visit: Visit, name: string): Promise<void> {
    return visit.screenshot(path.join(this.#screenshots, `${name}.png`));
  }

  async #accessible(visit: Visit, where: string): Promise<void> {
    for (const rule of await visit.brokenRules()) this.#complaints.push(`accessibility, ${where}: ${rule}`);
  }

  async #byPassword(visit: Visit): Promise<void> {
    await visit.page.locator('.samples .code-text').waitFor();
    await this.#shot(visit, 'en-light-start');
    await this.#accessible(visit, 'start');
    await visit.page.locator('.sign-on-button').click();
    await this.#shot(visit, 'en-light-sign-on');
    await this.#accessible(visit, 'sign-on');
    await visit.page.keyboard.press('Escape');
    await visit.signOnWithPassword(account);
    await visit.open('ListClusters');
    await this.#ask(visit, '200', this.#orders.clusterId);
    await this.#allSamples(visit, 'ListClusters');
    await visit.open('ShowJobStatus');
    await this.#fillJob(visit);
    await this.#ask(visit, '200', '"SUCCEEDED"');
    await this.#shot(visit, 'en-light-answer');
    await this.#accessible(visit, 'answer');
    const samples = await this.#allSamples(visit, 'ShowJobStatus');
    this.#check(
      Object.values(samples).every((source) => source.includes(this.#orders.jobName)),
      'a sample does not hold the job’s name that was typed in',
    );
    await this.#shot(visit, 'en-light-code');
    await visit.open('CreateLink');
    await visit.panel('code');
    await visit.page.locator('#sample-tab-java').click();
    await this.#shot(visit, 'en-light-form');
    await this.#accessible(visit, 'form');
  }

  async #byKeys(visit: Visit): Promise<void> {
    await visit.signOnWithKeys(this.#server.accessKey, this.#server.secretKey);
    await visit.open('ListClusters');
    await this.#ask(visit, '200', this.#orders.clusterId);
    await visit.open('ShowJobStatus');
    await this.#fillJob(visit);
    await this.#ask(visit, '200', '"SUCCEEDED"');
    await this.#shot(visit, 'zh-dark-answer');
    await this.#accessible(visit, 'answer, dark');
    await visit.panel('request');
    const request = await visit.page.locator('.request').innerText();
    this.#check(request.includes('SDK-HMAC-SHA256 Access='), 'the request does not show its signature');
    await this.#shot(visit, 'zh-dark-request');
    await this.#allSamples(visit, 'ShowJobStatus');
    await this.#shot(visit, 'zh-dark-code');
  }

  async #byToken(visit: Visit): Promise<void> {
    const client = await TokenClient.signOn(this.#server.endpoint, accountOf(this.#server));
    await visit.signOnWithToken(client.token);
    await visit.open('ShowJobs');
    await this.#fillJob(visit);
    await visit.fill('job_name', 'all');
    await this.#ask(visit, '200', this.#orders.jobName);
    await this.#shot(visit, 'zh-light-answer');
    await this.#accessible(visit, 'answer, Chinese');
    // What is not there is answered with a sentence in the page's language.
    visit.expectStatus(400);
    await visit.open('ShowJobStatus');
    await visit.fill('job_name', 'no_such_job');
    await this.#ask(visit, '400', 'Cdm.0100');
    await this.#shot(visit, 'zh-light-error');
    this.#check(
      /[\u4e00-\u9fff]/.test(await visit.page.locator('.answer .callout').innerText()),
      'the error is not told in Chinese',
    );
  }

  /** Opens each operation from the list by keyboard search, and every tab of its samples. */
  async #everyOperation(visit: Visit): Promise<void> {
    await visit.signOnWithKeys(this.#server.accessKey, this.#server.secretKey);
    const ids = await visit.page.locator('.list-id').allInnerTexts();
    const described = await this.#describedOperations();
    this.#check(
      described.every((id) => ids.includes(id)),
      `the list lacks ${described.filter((id) => !ids.includes(id)).join(', ')}`,
    );
    for (const id of ids) {
      await visit.page.keyboard.press('/');
      await visit.page.keyboard.type(id);
      await visit.page
        .locator('.list-item', { has: visit.page.locator('.list-id', { hasText: new RegExp(`^${id}$`) }) })
        .press('Enter');
      await visit.page.locator('#operation-title', { hasText: new RegExp(`^${id}$`) }).waitFor();
      await this.#allSamples(visit, id);
      await visit.page.locator('.list-search input').press('Escape');
      await visit.page.locator('#operation-title').focus();
      this.#counts.operations += 1;
    }
    await visit.open('CreateJob');
    await visit.page.locator('#sample-tab-go').click();
    await this.#shot(visit, 'en-dark-code');
    await this.#accessible(visit, 'form, dark');
  }

  async #describedOperations(): Promise<string[]> {
    const ids: string[] = [];
    for (const place of ['/openapi.json', '/api/v1/openapi.json']) {
      const { paths } = (await (await fetch(`${this.#server.endpoint}${place}`)).json()) as {
        readonly paths: Readonly<
          Record<
            string,
            Readonly<
              Record<
                string,
                {
                  readonly operationId: string;
                  readonly 'x-variants'?: readonly { readonly operationId: string }[];
                }
              >
            >
          >
        >;
      };
      for (const operation of Object.values(paths).flatMap((methods) => Object.values(methods))) {
        const variants = operation['x-variants'] ?? [];
        ids.push(
          ...(variants.length === 0 ? [operation.operationId] : variants.map((one) => one.operationId)),
        );
      }
    }
    return ids;
  }

  /** Texts that would be scripts if anything took them for HTML: typed in, echoed by the server, written into samples. */
  async #hostileText(visit: Visit): Promise<void> {
    await visit.signOnWithPassword(account);
    await visit.open('ShowJobStatus');
    await this.#fillJob(visit);
    await visit.fill('job_name', hostile);
    this.#check(
      (await visit.page.locator('.path').innerText()).includes(hostile),
      'a hostile value does not show as the text that it is',
    );
    await this.#allSamples(visit, 'ShowJobStatus');
    visit.expectStatus(400);
    await this.#ask(visit, '400', 'Cdm.');
    await visit.panel('request');
    await visit.open('CreateLink');
    await visit.page.locator('.editor textarea').fill(JSON.stringify({ links: [{ name: hostile }] }));
    await this.#allSamples(visit, 'CreateLink');
    await visit.page.locator('.list-search input').fill(hostile);
    await this.#shot(visit, 'en-light-hostile');
    const harm = await visit.evaluate<{ images: number; scripts: number; hit: unknown }>(
      `({ images: document.querySelectorAll('img').length,
          scripts: document.querySelectorAll('script:not([src])').length,
          hit: globalThis.hit ?? null })`,
    );
    this.#check(
      harm.images === 0 && harm.scripts === 0 && harm.hit === null,
      `a hostile value became more than text: ${JSON.stringify(harm)}`,
    );
  }

  async #smallScreen(visit: Visit): Promise<void> {
    await this.#shot(visit, 'en-light-small');
    await visit.page.locator('.menu-button').click();
    await visit.page.locator('.column-list.is-open').waitFor();
    await this.#shot(visit, 'en-light-small-menu');
    const { scroll, width } = await visit.evaluate<{ scroll: number; width: number }>(
      `(({ scrollWidth, clientWidth }) => ({ scroll: scrollWidth, width: clientWidth }))(document.documentElement)`,
    );
    this.#check(scroll <= width, `on a small screen the page is ${scroll} wide, the screen ${width}`);
  }

  /** Plain HTTP from another machine: the browser gives no WebCrypto, and calls are signed all the same. */
  async #withoutWebCrypto(visit: Visit): Promise<void> {
    this.#check(
      await visit.evaluate<boolean>('globalThis.crypto.subtle === undefined'),
      'the browser has WebCrypto where it should have none',
    );
    await visit.signOnWithKeys(this.#server.accessKey, this.#server.secretKey);
    await visit.open('ListClusters');
    await this.#ask(visit, '200', this.#orders.clusterId);
  }

  async #fillJob(visit: Visit): Promise<void> {
    await visit.fill('cluster_id', this.#orders.clusterId);
    await visit.fill('job_name', this.#orders.jobName);
  }

  async #allSamples(visit: Visit, operation: string): Promise<Readonly<Record<string, string>>> {
    const sources = await visit.samples();
    for (const [language, source] of Object.entries(sources)) {
      this.#counts.samples += 1;
      if (source.trim().length < 40) {
        this.#counts.emptySamples += 1;
        this.#complaints.push(`${operation}: the sample in ${language} is empty`);
      }
      for (const secret of [this.#server.secretKey, account.password]) {
        this.#check(!source.includes(secret), `${operation}: the sample in ${language} holds a secret`);
      }
    }
    return sources;
  }

  /** Secrets are in memory only: neither kept by the browser, nor in its address, nor anywhere in the document. */
  async #noSecrets(visit: Visit): Promise<void> {
    const found = await visit.evaluate<{ keys: string[]; cookies: string; address: string; html: string }>(
      `({ keys: [...Object.keys(localStorage), ...Object.keys(sessionStorage)],
          cookies: document.cookie,
          address: location.href,
          html: document.documentElement.outerHTML })`,
    );
    const strange = found.keys.filter((key) => !/^sluice\.explorer\.(language|theme)$/.test(key));
    this.#check(strange.length === 0 && found.cookies === '', `the browser keeps ${strange.join(', ')}`);
    for (const secret of [this.#server.secretKey, account.password]) {
      this.#check(!found.address.includes(secret), 'the address holds a secret');
      this.#check(!found.html.includes(secret), 'the document holds a secret');
    }
  }

  /** The guard is tried too: a script and a picture from elsewhere that the test itself plants must be stopped. */
  async #plantScript(): Promise<void> {
    const visit = await Visit.begin(this.#browser, this.#server.endpoint, { language: 'en', theme: 'light' });
    try {
      const outcome = await visit.evaluate<{ stopped: string[]; isRefused: boolean }>(`(async () => {
        const stopped = [];
        document.addEventListener('securitypolicyviolation', (event) => stopped.push(event.effectiveDirective));
        const image = document.createElement('img');
        image.src = 'https://elsewhere.test/x.png';
        document.body.append(image);
        let isRefused = false;
        try {
          document.body.insertAdjacentHTML('beforeend', '<b>x</b>');
        } catch {
          isRefused = true;
        }
        await fetch('https://elsewhere.test/').catch(() => undefined);
        await new Promise((resolve) => setTimeout(resolve, 200));
        return { stopped, isRefused };
      })()`);
      this.#plantedScriptSeen =
        outcome.isRefused &&
        ['img-src', 'connect-src'].every((directive) => outcome.stopped.includes(directive)) &&
        visit.complaints.length > 0;
    } finally {
      await visit.end();
    }
  }
}
