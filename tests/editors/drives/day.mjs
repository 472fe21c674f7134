// A person's day in VS Code: trust, findings, a fix, a plan, its approval, its run, assistants.

import * as fs from 'node:fs';
import { drive, plain } from './window.mjs';

const TREE = '[id="workbench.view.extension.podium"]';
const PROBLEMS = '.markers-panel';

await drive(async (window, told) => {
  const { page } = window;
  const starts = () => (fs.existsSync(told.starts) ? fs.readFileSync(told.starts, 'utf8') : '');

  // Without trust nothing starts.
  await page.locator('.activitybar .action-label[aria-label="Podium"]').click();
  const welcome = page.locator(`${TREE} .welcome-view-content`);
  await welcome.waitFor();
  window.say('untrusted', plain(await welcome.innerText()));
  window.say('started without trust', starts());
  await window.picture('untrusted');
  await window.button(welcome, 'Manage Workspace Trust').click();
  const trust = page.locator('.workspace-trust-editor');
  await trust.waitFor();
  await trust.locator('.monaco-button', { hasText: /^Trust$/ }).first().click();
  await window.row(TREE, 'Mind the words').waitFor();
  window.say('started with trust', starts().trim());

  // Findings in the text and among the problems; the tree beside them.
  await window.openFile('app.py');
  await page.locator('.squiggly-warning').first().waitFor();
  await page.keyboard.press('Control+Shift+M');
  await window.row(PROBLEMS, 'too long').waitFor();
  window.say('problems', await window.rows(PROBLEMS));
  window.say('tree', await window.rows(TREE));
  await window.picture('findings-and-tree');

  // A quick fix that an agent suggested is seen before it is done.
  await page.keyboard.press('Control+Shift+M');
  await page.locator('.view-line', { hasText: 'return' }).first().click();
  await page.keyboard.press('Control+.');
  await page.locator('.action-widget').first().waitFor();
  await window.until('quick fixes', async () => (await window.rows('.action-widget')).length);
  window.say('quick fixes', (await window.rows('.action-widget')).filter(Boolean));
  await window.picture('quick-fix');
  await page.locator('.action-widget .monaco-list-row', { hasText: 'apply the suggestion' }).click();
  const apply = page.locator('.refactor-preview .monaco-button, .monaco-button', { hasText: /^Apply$/ });
  await apply.first().waitFor();
  await window.picture('refactor-preview');
  window.say('before the fix', plain(fs.readFileSync(told.app, 'utf8')));
  await apply.first().click();
  await page.locator('.view-line', { hasText: '"hi"' }).first().waitFor();
  await page.locator('.squiggly-warning').first().waitFor({ state: 'detached' });
  await page.keyboard.press('Control+s');
  await window.picture('after-the-fix');

  // The plan: its file with lenses, its approval.
  await window.row(TREE, 'Mind the words').click();
  await page.locator('.codelens-decoration', { hasText: 'Approve' }).first().waitFor();
  const lenses = await page.locator('.codelens-decoration').allInnerTexts();
  window.say('lenses', lenses.map(plain));
  await window.picture('plan-and-lenses');
  const planRow = window.row(TREE, 'Mind the words');
  await planRow.hover();
  window.say('inline', await inline(planRow));
  await planRow.locator('.action-label[aria-label^="Approve Plan"]').click();
  const question = window.toast('Approve plan');
  await window.button(question, 'Approve').waitFor();
  window.say('question', plain(await question.innerText()));
  await window.picture('approval');
  await window.button(question, 'Approve').click();
  await window.row(TREE, 'approved').waitFor();

  // The run: from the offer that follows, to its end, with the menu of the status item between.
  const offer = window.toast('approved');
  await window.button(offer, 'Run').click();
  await window.row(TREE, 'executing').waitFor();
  const busy = window.status('of 2 done');
  await busy.waitFor();
  window.say('busy', plain(await busy.innerText()));
  await busy.click();
  await window.quickRow('Cancel the run').waitFor();
  window.say('menu', await window.quickRows());
  await window.picture('run-and-menu');
  await page.keyboard.press('Escape');
  fs.writeFileSync(told.go, '');
  await window.until('the end of the run', async () => {
    const rows = await window.rows(TREE);
    return rows.some((row) => row.includes('done · 2 of 2 done'));
  });
  window.say('tree after the run', await window.rows(TREE));
  await window.picture('done');

  // Reports and answers are pages.
  await window.command('Podium: Show Run Report');
  await page.locator('.tab', { hasText: 'Preview' }).first().waitFor();
  await window.picture('report');
  await window.command('Podium: Check This Machine');
  await page.locator('.tab', { hasText: 'Doctor check' }).first().waitFor();
  await window.picture('doctor');

  // The palette.
  await page.keyboard.press('F1');
  await window.typeIntoQuickInput('>Podium: ');
  await window.quickRow('Podium: Create Plan').waitFor();
  window.say('palette', await window.quickRows());
  await window.picture('palette');
  await page.keyboard.press('Escape');

  // Assistants: the MCP server is listed, and starts.
  await window.command('MCP: List Servers');
  await window.quickRow('Podium').waitFor();
  window.say('mcp listed', await window.quickRows());
  await window.picture('mcp-listed');
  await window.quickRow('Podium').click();
  await window.quickRow('Start Server').click();
  await window.until('the MCP server', () => starts().includes('mcp'));
  await window.until('a running MCP server', async () => {
    await window.command('MCP: List Servers');
    await window.quickRow('Podium').waitFor();
    const rows = await window.quickRows();
    window.say('mcp started', rows);
    if (rows.some((row) => row.includes('Running'))) {
      return true;
    }
    await page.keyboard.press('Escape');
    return false;
  });
  await window.picture('mcp-running');
  await page.keyboard.press('Escape');

  // The walkthrough.
  await window.command('Welcome: Open Walkthrough...');
  await window.typeIntoQuickInput('Get Started with Podium');
  await window.quickRow('Get Started with Podium').click();
  await page.locator('.gettingStartedContainer', { hasText: 'Get the program' }).waitFor();
  await window.picture('walkthrough');
});

async function inline(row) {
  const labels = row.locator('.actions .action-label');
  const names = await labels.evaluateAll((each) => each.map((one) => one.getAttribute('aria-label')));
  return names.filter(Boolean);
}
