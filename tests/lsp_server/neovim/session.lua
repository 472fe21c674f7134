-- A person at work in Neovim: every step waits for a state, says what it saw, and goes on.
local project = vim.env.PODIUM_PROJECT
local said = {}

local function say(name, value)
  table.insert(said, { name = name, value = value })
end

local function wait(what, holds)
  assert(vim.wait(30000, holds, 10), "waited in vain for " .. what)
end

local function lines()
  return vim.api.nvim_buf_get_lines(0, 0, -1, false)
end

local function shown()
  return vim.tbl_map(function(row)
    return { row.lnum, row.col, row.message, row.code, row.source }
  end, vim.diagnostic.get(0))
end

local function ask(command, arguments)
  local answer
  require("podium").send(command, arguments or vim.empty_dict(), function(failure, result)
    answer = { failure = failure and failure.message, result = result }
  end)
  wait(command, function()
    return answer ~= nil
  end)
  return answer
end

local function session()
  local answers = { "Approve" }
  vim.ui.select = function(items, options, chosen)
    say("asked", options.prompt)
    for _, item in ipairs(items) do
      local title = options.format_item and options.format_item(item) or item
      if title == answers[1] then
        chosen(item, _)
        return
      end
    end
    chosen(nil, nil)
  end
  local progress = {}
  vim.api.nvim_create_autocmd("LspProgress", {
    callback = function(event)
      table.insert(progress, event.data.params.value)
    end,
  })
  vim.lsp.enable("podium")

  -- Findings, early and late.
  vim.cmd.edit(project .. "/app.py")
  wait("a client", function()
    local client = require("podium").client()
    return client and client.initialized
  end)
  local client = require("podium").client()
  say("encoding", client.offset_encoding)
  wait("the early finding", function()
    return #vim.diagnostic.get(0) == 1
  end)
  say("early", shown())
  ask("finding.add", { path = "app.py", message = "late", line = 4 })
  wait("the late finding", function()
    return #vim.diagnostic.get(0) == 2
  end)

  -- The suggestion, from another column of its line.
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
  wait("the settled finding", function()
    return #vim.diagnostic.get(0) == 1
  end)
  say("after the edit", shown())

  -- What is typed, not saved.
  vim.api.nvim_buf_set_lines(0, -1, -1, false, { "x = (" })
  wait("the syntax", function()
    return #vim.diagnostic.get(0) == 2
  end)
  say("syntax", shown()[2] and vim.diagnostic.get(0)[2].code)
  vim.api.nvim_buf_set_lines(0, -2, -1, false, {})
  wait("the mended syntax", function()
    return #vim.diagnostic.get(0) == 1
  end)

  -- A plan, approved by a question, and its run.
  say("complete noun", require("podium").complete("pl", "Podium pl"))
  say("complete verb", require("podium").complete("app", "Podium plan app"))
  say("approved", ask("plan.approve").result.state)
  local run = ask("run.start").result.run_id
  wait("the end of the run", function()
    for _, value in ipairs(progress) do
      if value.kind == "end" and (value.message or ""):find("completed", 1, true) then
        return true
      end
    end
    return false
  end)
  say("run", ask("run.status", { run = run }).result.state)
  say("refused", ask("plan.show", { plan = "p-nosuch" }).failure)

  -- The plan's file.
  local opened = ask("open", { plan = "" }).result
  wait("the plan's file", function()
    return vim.api.nvim_buf_get_name(0):find("plan.json", 1, true) ~= nil
  end)
  say("opened", opened.shown)
  wait("a client of the plan's file", function()
    return #vim.lsp.get_clients({ name = "podium", bufnr = 0 }) == 1
  end)
  local params = { textDocument = vim.lsp.util.make_text_document_params(0) }
  local lenses = client:request_sync("textDocument/codeLens", params, 10000, 0)
  say("lenses", vim.tbl_map(function(lens)
    return lens.command.title
  end, lenses.result))
  local text = table.concat(lines(), "\n")
  local at = text:find('"task_order"', 1, true)
  local row = select(2, text:sub(1, at):gsub("\n", "")) + 1
  params.position = { line = row, character = 5 }
  local completed = client:request_sync("textDocument/completion", params, 10000, 0)
  say("completion", completed.result and #completed.result.items >= 0)
  vim.cmd("checkhealth podium")
  say("health", table.concat(lines(), "\n"))
end

local worked, failure = pcall(session)
if not worked then
  say("failed", tostring(failure))
end
io.stdout:write(vim.json.encode(said))
for _, each in ipairs(vim.lsp.get_clients()) do
  each:stop()
end
vim.cmd("qa!")
