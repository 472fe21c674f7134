// What every drive of a VS Code window needs: finding things, saying what was seen, pictures.

import { createRequire } from 'node:module';
import * as path from 'node:path';

const told = JSON.parse(process.argv[2]);
const PATIENCE = 60_000;

/** Runs a drive and writes what it saw, whatever happens. */
export async function drive(work) {
  const saw = {};
  const { chromium } = createRequire(told.playwright)(told.playwright);
  const browser = await chromium.launch({
    executablePath: told.chromium,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  page.setDefaultTimeout(PATIENCE);
  const window = new Window(page, saw);
  try {
    await page.goto(told.address);
    await page.waitForSelector('.monaco-workbench');
    await work(window, told);
  } catch (error) {
    saw.failed = String(error?.stack ?? error);
    await window.picture('failed');
  }
  process.stdout.write(JSON.stringify(saw));
  await browser.close();
}

class Window {
  constructor(page, saw) {
    this.page = page;
    this.saw = saw;
    this.pictures = 0;
  }

  say(name, value) {
    this.saw[name] = value;
    process.stderr.write(`${name}: ${JSON.stringify(value)}\n`);
  }

  async picture(name) {
    const number = String(++this.pictures).padStart(2, '0');
    const file = name === 'failed' ? 'failed.png' : `${number}-${name}.png`;
    // What moves comes to rest first, except what moves for ever.
    await this.page.evaluate(() =>
      Promise.allSettled(
        document
          .getAnimations()
          .filter((each) => each.effect?.getTiming().iterations !== Infinity)
          .map((each) => each.finished),
      ),
    );
    await this.page.screenshot({ path: path.join(told.pictures, file) });
  }

  /** The rows of a list or tree, as a person reads them. */
  async rows(where) {
    const texts = await this.page.locator(`${where} .monaco-list-row`).allInnerTexts();
    return texts.map(plain);
  }

  row(where, text) {
    return this.page.locator(`${where} .monaco-list-row`, { hasText: text }).first();
  }

  /** Expands a row until a row below it is shown: a refresh under way collapses it again. */
  async expand(where, text, below) {
    const row = this.row(where, text);
    const expanded = this.page.locator(`${where} .monaco-list-row[aria-expanded=true]`, { hasText: text });
    await this.until(`what stands below ${text}`, async () => {
      // A second click would collapse what a slow window is about to expand.
      if ((await expanded.count()) === 0) {
        await row.locator('.monaco-tl-twistie').click();
      }
      return this.row(where, below).waitFor({ timeout: PATIENCE / 3 }).then(
        () => true,
        () => false,
      );
    });
  }

  async openFile(name) {
    await this.page.keyboard.press('Control+p');
    await this.typeIntoQuickInput(name);
    await this.quickRow(name).waitFor();
    await this.page.keyboard.press('Enter');
    await this.page.locator('.tab.active', { hasText: name }).waitFor();
  }

  /**
   * Runs a command of the palette by its whole title.
   *
   * A page gets the focus back some time after a palette was closed, and if the next palette is
   * open by then, VS Code closes it.
   */
  async command(title) {
    const timeout = PATIENCE / 4;
    await this.again(`the command ${title}`, async () => {
      await this.page.keyboard.press('F1');
      await this.typeIntoQuickInput(`>${title}`, timeout);
      await this.quickRow(title).click({ timeout });
    });
  }

  async typeIntoQuickInput(text, timeout = PATIENCE) {
    const input = this.page.locator('.quick-input-widget input[type=text]');
    await input.waitFor({ timeout });
    await input.fill(text, { timeout });
  }

  quickRow(text) {
    return this.page.locator('.quick-input-widget .monaco-list-row', { hasText: text }).first();
  }

  async quickRows() {
    return this.rows('.quick-input-widget');
  }

  toast(text) {
    return this.page.locator('.notification-toast', { hasText: text }).first();
  }

  button(within, text) {
    return within.locator('.monaco-button', { hasText: text }).first();
  }

  status(text) {
    return this.page.locator('.statusbar-item', { hasText: text }).first();
  }

  /** The page that a preview shows, once it shows a text. */
  async preview(text) {
    const shown = this.page.frameLocator('iframe.webview.ready').last().frameLocator('#active-frame');
    await shown.getByText(text).first().waitFor();
    return plain(await shown.locator('body').innerText());
  }

  /** Whether the page that a preview shows draws its graph. */
  async drawsGraph() {
    const shown = this.page.frameLocator('iframe.webview.ready').last().frameLocator('#active-frame');
    return this.until('the graph', async () => {
      const box = await shown.locator('svg:has(.node)').first().boundingBox();
      return box !== null && box.height > 20;
    });
  }

  /** Does something until it works: a window that is still loading takes things back. */
  async again(what, work) {
    await this.until(what, async () => {
      try {
        await work();
        return true;
      } catch {
        await this.page.keyboard.press('Escape');
        return false;
      }
    });
  }

  /** Waits until something holds, and returns it. */
  async until(what, holds) {
    return this.patiently(what, PATIENCE, holds);
  }

  async patiently(what, patience, holds) {
    const end = Date.now() + patience;
    for (;;) {
      const found = await holds();
      if (found) {
        return found;
      }
      if (Date.now() > end) {
        throw new Error(`waited in vain for ${what}`);
      }
      await this.page.waitForTimeout(50);
    }
  }
}

export function plain(text) {
  // Icons are characters of a private area.
  return text.replace(/[\uE000-\uF8FF]/g, '').replace(/\s+/g, ' ').trim();
}
