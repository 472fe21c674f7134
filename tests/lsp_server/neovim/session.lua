-- A user's session in Neovim: every step waits for a state and reports what it sees.
local project, mend = vim.env.PODIUM_PROJECT, vim.env.PODIUM_MEND
local here = vim.fs.dirname(debug.getinfo(1, "S").source:sub(2))
local person = dofile(here .. "/person.lua")
local ask, get, lines = person.ask, person.get, person.lines
local say, wait = person.say, person.wait

local function shown()
  return vim.tbl_map(function(row)
    return { row.lnum, row.col, row.message, row.code, row.source }
  end, vim.diagnostic.get(0))
end

local function shows(count)
  return function()
    return #vim.diagnostic.get(0) == count
  end
end

local function findings()
  local client = person.open(project .. "/app.py")
  say("encoding", client.offset_encoding)
  wait("the early finding", shows(1))
  say("early", shown())
  ask("finding.add", { path = "app.py", message = "late", line = 4 })
  wait("the late finding", shows(2))

  -- Apply the suggestion from another column of its line.
  vim.api.nvim_win_set_cursor(0, { 5, 0 })
  vim.lsp.buf.code_action({
    apply = true,
    filter = function(action)
      return action.title:find("apply the suggestion", 1, true) ~= nil
    end,
  })
  wait("the edit", function()
    return lines()[5] == '    return "hi"'
  end)
  wait("the settled finding", shows(1))
  say("after the edit", shown())

  -- Unsaved changes are checked.
  vim.api.nvim_buf_set_lines(0, -1, -1, false, { "x = (" })
  wait("the syntax", shows(2))
  say("syntax", vim.diagnostic.get(0)[2].code)
  vim.api.nvim_buf_set_lines(0, -2, -1, false, {})
  wait("the mended syntax", shows(1))
end

--- Sets up the consultant's fix for a finding, and returns the arguments that select it.
local function consultant(finding, step)
  local playbook = { version = 1, fixes = { [finding] = { { step } } } }
  vim.fn.writefile({ vim.json.encode(playbook) }, mend)
  return { finding = finding, agent = "playbook", options = { playbook = mend } }
end

local function edits()
  -- The consultant's fix is previewed.
  vim.fn.confirm = function(message)
    say("confirmed", message)
    return 1
  end
  vim.cmd("silent write")
  local late = vim.diagnostic.get(0)[1].user_data.lsp.data.id
  local text = table.concat(lines(), "\n"):gsub('"hi"', '"good day"') .. "\n"
  local fixed = ask("finding.fix", consultant(late, { write = { path = "app.py", content = text } }))
  say("mended", fixed.result and fixed.result.applied or fixed.failure)
  say("mended text", lines()[5])
  wait("no finding", shows(0))

  -- Revert to the last commit; the present text is kept.
  person.answers = { "HEAD" }
  vim.cmd("Podium file revert")
  wait("the first text", function()
    return lines()[5] == '    return "hello"'
  end)
  say("unsaved", vim.bo.modified)

  -- Cancel a command that never ends.
  vim.cmd("silent write")
  local slow = get("finding.add", { path = "app.py", message = "slow", line = 5 }).id
  local before = #person.progress
  -- Neovim drops the response to a cancelled request, so check its progress.
  require("podium").send("finding.fix", consultant(slow, { delay = 600 }), function() end)
  wait("the consultant", function()
    local last = person.progress[#person.progress]
    return #person.progress > before and last.kind == "begin"
  end)
  vim.cmd("Podium cancel")
  wait("the end", person.ended("cancelled"))
  say("at work", vim.tbl_count(require("podium").client().progress.pending))
end

local function plans()
  local podium = require("podium")
  say("complete noun", podium.complete("pl", "Podium pl"))
  say("complete verb", podium.complete("app", "Podium plan app"))
  say("complete plan", #podium.complete("p-", "Podium plan approve p-"))
  person.answers = { "Write a file", "Approve" }
  vim.cmd("Podium plan approve")
  wait("the approval", function()
    return get("plan.list", { where = "state:approved" }).total == 1
  end)
  local plan = get("plan.list", { where = "state:approved" }).plans[1].id
  local run = get("run.start", { plan = plan }).run_id
  wait("the end of the run", person.ended("completed"))
  say("run", get("run.status", { run = run }).state)
  say("refused", ask("plan.show", { plan = "p-nosuch" }).failure)
  return plan
end

local function plan_files(plan)
  local opened = get("open", { plan = plan })
  wait("the plan's file", function()
    return vim.api.nvim_buf_get_name(0):find("plan.json", 1, true) ~= nil
  end)
  say("opened", opened.shown)
  wait("a client of the plan's file", function()
    return #vim.lsp.get_clients({ name = "podium", bufnr = 0 }) == 1
  end)
  local client = require("podium").client()
  local params = { textDocument = vim.lsp.util.make_text_document_params(0) }
  local lenses = client:request_sync("textDocument/codeLens", params, 10000, 0)
  say("lenses", vim.tbl_map(function(lens)
    return lens.command.title
  end, lenses.result))

  -- The list of tasks contains their ids.
  for row, line in ipairs(lines()) do
    local column = line:find('"t1"', 1, true)
    if column then
      params.position = { line = row - 1, character = column }
      break
    end
  end
  local completed = client:request_sync("textDocument/completion", params, 10000, 0).result
  say("completion", vim.tbl_map(function(item)
    return item.label
  end, completed.items or completed))
end

local function health()
  vim.cmd("checkhealth podium")
  say("health", table.concat(lines(), "\n"))
end

person.listen()
vim.lsp.enable("podium")
person.live(function()
  findings()
  edits()
  plan_files(plans())
  health()
end)
