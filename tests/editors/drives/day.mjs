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
  await window.again('quick fixes', async () => {
    await page.keyboard.press('Control+.');
    await window.row('.action-widget', 'apply the suggestion').waitFor({ timeout: 10_000 });
  });
  window.say('quick fixes', (await window.rows('.action-widget')).filter(Boolean));
  await window.picture('quick-fix');
  await page.locator('.action-widget .monaco-list-row', { hasText: 'apply the suggestion' }).click();
  const apply = page.locator('.refactor-preview .monaco-button, .monaco-button', { hasText: /^Apply$/ });
  await apply.first().waitFor();
  await window.picture('refactor-preview');
  window.say('before the fix', plain(fs.readFileSync(told.app, 'utf8')));
  // What needs a person's word is not ticked.
  const ticks = page.locator('.panel .monaco-list-row').locator('[role=checkbox], [type=checkbox]');
  await ticks.first().click();
  await window.picture('refactor-agreed');
  await apply.first().click();
  await page.locator('.view-line', { hasText: '"hi"' }).first().waitFor();
  await page.locator('.squiggly-warning').first().waitFor({ state: 'detached' });
  await page.keyboard.press('Control+s');
  await window.picture('after-the-fix');

  // The plan as a page, a task's file with lenses, the approval.
  await window.row(TREE, 'Mind the words').click();
  await page.locator('.tab.active', { hasText: 'Preview' }).waitFor();
  window.say('plan page', await window.preview('Shorten the greeting'));
  window.say('graph', await window.drawsGraph());
  await window.picture('plan');
  await window.row(TREE, 'Shorten the greeting').click();
  await page.locator('.tab.active', { hasText: 't1.json' }).waitFor();
  await page.locator('.codelens-decoration').first().waitFor();
  await window.picture('task-and-lenses');
  await window.openFile('plan.json');
  await page.locator('.codelens-decoration', { hasText: 'Approve' }).first().waitFor();
  const lenses = await page.locator('.codelens-decoration').allInnerTexts();
  window.say('lenses', lenses.map(plain));
  await window.picture('plan-file');
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
  const busy = window.status('Podium: 0 of 2 done');
  await busy.waitFor();
  window.say('busy', plain(await busy.innerText()));
  await busy.click();
  await window.quickRow('Cancel the run').waitFor();
  window.say('menu', await window.quickRows());
  await window.picture('run-and-menu');
  await window.quickRow('Cancel the run').click();
  const sure = window.toast('Cancel the run?');
  await window.button(sure, 'Not now').waitFor();
  window.say('cancel', plain(await sure.innerText()));
  await window.picture('cancel');
  await window.button(sure, 'Not now').click();
  fs.writeFileSync(told.go, '');
  await window.until('the end of the run', async () => {
    const rows = await window.rows(TREE);
    return rows.some((row) => row.includes('done · 2 of 2 done'));
  });
  window.say('tree after the run', await window.rows(TREE));
  await window.picture('done');

  // Below a task its runs; a finding opens where it stands.
  await window.expand(TREE, 'Shorten the greeting', '1 attempt');
  await window.expand(TREE, 'Findings', 'the page is empty');
  await window.row(TREE, 'the page is empty').click();
  await page.locator('.tab.active', { hasText: 'README.md' }).waitFor();
  window.say('whole tree', await window.rows(TREE));
  await window.picture('whole-tree');

  // Reports and answers are pages.
  await window.command('Podium: Show Run Report');
  window.say('report', await window.preview('one.txt'));
  await window.picture('report');
  await window.command('Podium: Check This Machine');
  window.say('doctor', await window.preview('Check This Machine'));
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
  const tools = page.locator('.output-view .view-line', { hasText: 'Discovered' }).first();
  await tools.waitFor();
  window.say('mcp started', plain(await tools.innerText()));
  await window.picture('mcp-started');
  await window.command('View: Hide Panel');
});

async function inline(row) {
  const labels = row.locator('.actions .action-label');
  const names = await labels.evaluateAll((each) => each.map((one) => one.getAttribute('aria-label')));
  return names.filter(Boolean);
}
