import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core';

/** Anything on the page must be there within this time. */
const patienceMs = 15_000;

export interface VisitSettings {
  readonly language: 'en' | 'zh';
  readonly theme: 'light' | 'dark';
  /** In CSS pixels. */
  readonly width?: number;
  readonly height?: number;
}

/** One visitor with a browser of their own, who counts everything that the page does. */
export class Visit {
  readonly page: Page;
  readonly origin: string;
  /** Requests of the page, by whether they went to where it came from. */
  readonly requests = { inside: 0, outside: 0 };
  /** Errors on the console, uncaught ones, and what the page's policy forbade. */
  readonly complaints: string[] = [];
  readonly #context: BrowserContext;
  readonly #debugger: CDPSession;
  /** The browser itself says on its console that an answer had one of these, which is meant. */
  readonly #expected: RegExp[] = [];

  private constructor(context: BrowserContext, session: CDPSession, page: Page, origin: string) {
    this.#context = context;
    this.#debugger = session;
    this.page = page;
    this.origin = origin;
    page.setDefaultTimeout(patienceMs);
    page.on('request', (request) => {
      const url = request.url();
      if (url.startsWith(`${origin}/`)) this.requests.inside += 1;
      else {
        this.requests.outside += 1;
        this.complaints.push(`request to ${url}`);
      }
    });
    page.on('pageerror', (error) => this.complaints.push(`uncaught: ${error.message}`));
    page.on('console', (message) => {
      const text = message.text();
      if (message.type() === 'error' && !this.#expected.some((one) => one.test(text)))
        this.complaints.push(`console: ${text}`);
    });
  }

  /** @param origin of the server: `http://127.0.0.1:8080`. */
  static async begin(browser: Browser, origin: string, settings: VisitSettings): Promise<Visit> {
    const { language, theme, width = 1440, height = 900 } = settings;
    const context = await browser.newContext({
      locale: language === 'zh' ? 'zh-CN' : 'en-US',
      colorScheme: theme,
      viewport: { width, height },
    });
    const page = await context.newPage();
    const visit = new Visit(context, await context.newCDPSession(page), page, origin);
    await visit.page.goto(`${origin}/explorer`);
    await visit.page.locator('#operation-title').waitFor();
    return visit;
  }

  /** The browser reports answers from status 400 on as errors; those that a test asks for are none. */
  expectStatus(status: number): void {
    this.#expected.push(new RegExp(`^Failed to load resource: .*status of ${status}\\b`));
  }

  /**
   * The value of an expression in the page. The debugger may evaluate what the page's own policy forbids.
   * @throws Error when it throws.
   */
  async evaluate<Value>(expression: string): Promise<Value> {
    const { result, exceptionDetails } = await this.#debugger.send('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails !== undefined)
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value as Value;
  }

  async open(operationId: string): Promise<void> {
    await this.evaluate(`location.hash = '#/${operationId}'`);
    await this.page.locator('#operation-title', { hasText: new RegExp(`^${operationId}$`) }).waitFor();
  }

  async fill(parameter: string, value: string): Promise<void> {
    await this.page.locator('.operation').getByLabel(parameter, { exact: true }).fill(value);
  }

  /** Sends what the form holds. @returns the status that the page shows, and the body that it shows. */
  async send(): Promise<{ readonly status: string; readonly body: string }> {
    await this.page.locator('.send-bar button[type=submit]').click();
    await this.page.locator('.answer-facts').waitFor();
    return {
      status: (await this.page.locator('.answer-facts .status').innerText()).trim(),
      body: await this.page.locator('.answer .code-text').first().innerText(),
    };
  }

  async panel(which: 'code' | 'request' | 'answer'): Promise<void> {
    await this.page.locator(`#panel-tab-${which}`).click();
  }

  async signOnWithPassword(fields: Readonly<Record<'account' | 'user' | 'password', string>>): Promise<void> {
    await this.#signOn('password', fields);
  }

  async signOnWithToken(token: string): Promise<void> {
    await this.#signOn('token', { token });
  }

  async signOnWithKeys(accessKey: string, secretKey: string): Promise<void> {
    await this.#signOn('keys', { accessKey, secretKey });
  }

  async #signOn(way: string, fields: Readonly<Record<string, string>>): Promise<void> {
    await this.page.locator('.sign-on-button').click();
    await this.page.locator(`#sign-on-tab-${way}`).click();
    for (const [name, value] of Object.entries(fields)) {
      await this.page.locator(`dialog input[name="sluice-${name}"]`).fill(value);
    }
    await this.page.locator('dialog button[type=submit]').click();
    await this.page.locator('.sign-on-button.is-on').waitFor();
  }

  /** Opens every tab of samples. @returns each language's source. */
  async samples(): Promise<Readonly<Record<string, string>>> {
    await this.panel('code');
    await this.page.locator('[role=tab][id^="sample-tab-"]').first().waitFor();
    const tabs = await this.page.locator('[role=tab][id^="sample-tab-"]').all();
    const sources: Record<string, string> = {};
    for (const tab of tabs) {
      await tab.click();
      const id = (await tab.getAttribute('id')) ?? '';
      await this.page.locator(`#${id}[aria-selected=true]`).waitFor();
      sources[id.replace('sample-tab-', '')] = await this.page.locator('.samples .code-text').innerText();
    }
    return sources;
  }

  /** Rules of accessibility that the page breaks, by the checker's own names. */
  async brokenRules(): Promise<string[]> {
    const source = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    await this.evaluate(`${source}; undefined`);
    return this.evaluate(
      `axe.run().then(({ violations }) => violations.map(
        ({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html.slice(0, 160)).join(' | ')))`,
    );
  }

  async screenshot(file: string): Promise<void> {
    await this.evaluate('document.fonts.ready.then(() => undefined)');
    await this.page.screenshot({ path: file });
  }

  async end(): Promise<void> {
    await this.#context.close();
  }
}
