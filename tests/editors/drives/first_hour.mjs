// The first hour: no program, no project; the extension installs one and makes the other.

import { drive, plain } from './window.mjs';

const TREE = '[id="workbench.view.extension.podium"]';

await drive(async (window) => {
  const { page } = window;
  await page.locator('.activitybar .action-label[aria-label="Podium"]').click();
  const welcome = page.locator(`${TREE} .welcome-view-content`);
  await window.until('the missing program', async () =>
    (await welcome.innerText()).includes('was not found'),
  );
  window.say('missing', plain(await welcome.innerText()));
  window.say('status', plain(await window.status('Podium').innerText()));
  await window.picture('missing');

  await window.button(welcome, 'Install').click();
  await page.locator('.terminal-wrapper.active').first().waitFor();
  await window.picture('installing');
  await window.patiently('the installed program', 480_000, async () =>
    (await welcome.innerText()).includes('not a Podium project'),
  );
  window.say('installed', plain(await welcome.innerText()));
  await window.picture('installed');

  await window.command('View: Hide Panel');
  await window.button(welcome, 'Audit').click();
  window.say('audit without a project', await window.preview('app.py'));
  await window.picture('audit-without-a-project');

  await window.button(welcome, 'Make It a Project').click();
  await window.until('the project', async () =>
    (await welcome.innerText()).includes('no plans yet'),
  );
  window.say('project', plain(await welcome.innerText()));
  await window.picture('project');

  await window.button(welcome, 'Audit the Project').click();
  await window.row(TREE, 'Findings').waitFor();
  window.say('tree', await window.rows(TREE));
  await window.row(TREE, 'Findings').click();
  await window.row(TREE, 'app.py').waitFor();
  await window.picture('audited');

  await window.command('Welcome: Open Walkthrough...');
  await window.typeIntoQuickInput('Get Started with Podium');
  await window.quickRow('Get Started with Podium').click();
  await page.locator('.gettingStartedContainer', { hasText: 'Get the program' }).waitFor();
  await page.locator('.getting-started-step', { hasText: 'Describe what you want' }).first().click();
  await page.frameLocator('iframe.webview.ready').last().frameLocator('#active-frame').locator('svg').first().waitFor();
  await window.picture('walkthrough');
});
