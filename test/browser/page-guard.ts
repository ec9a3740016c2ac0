import type { BrowserContext } from 'playwright-core';

const THIS_MACHINE = ['localhost', '127.0.0.1', '[::1]'];

/** Sees what must not happen in any page: errors, warnings, violations of the policy, requests elsewhere. */
export class PageGuard {
  readonly #faults: string[] = [];
  readonly #allowed: RegExp[] = [];

  /** Of every page of a context, from its first request on. */
  async watch(context: BrowserContext): Promise<void> {
    context.on('console', (message) => {
      const isFault = message.type() === 'error' || message.type() === 'warning';
      if (isFault) this.#add(`${message.type()}: ${message.text()} (${message.location().url})`);
    });
    context.on('weberror', (error) => this.#add(`page error: ${error.error()}`));
    context.on('dialog', async (dialog) => {
      this.#add(`${dialog.type()}: ${dialog.message()}`);
      await dialog.dismiss();
    });
    context.on('request', (request) => {
      const { hostname } = new URL(request.url());
      if (!THIS_MACHINE.includes(hostname)) this.#add(`request to ${request.url()}`);
    });
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        console.error(`violates ${event.effectiveDirective}: ${event.blockedURI}`);
      });
    });
  }

  /** What this test brings about itself. */
  allow(...patterns: readonly RegExp[]): void {
    this.#allowed.push(...patterns);
  }

  get faults(): readonly string[] {
    return this.#faults.filter((fault) => !this.#allowed.some((pattern) => pattern.test(fault)));
  }

  #add(fault: string): void {
    this.#faults.push(fault);
  }
}
