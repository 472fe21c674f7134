--- Runs Podium's commands, which the server implements.
local M = {}

--- The parameter for words without a name, by noun.
local PLAIN = {
  plan = "plan",
  task = "task",
  run = "run",
  session = "session",
  finding = "finding",
  work = "plan",
  file = "path",
}

--- The arguments of `:Podium open`.
local OPENED = { "plan=", "readable=", "task=", "report=", "log=", "finding=" }

--- The server's own commands for users, which never ask for arguments.
local OWN = { open = true, status = true }

--- Commands for other parts of the editor, not for users.
local HIDDEN = { missing = true, tree = true, ["finding.verify"] = true }

--- What the user typed for commands that were dismissed or failed, by command and parameter.
local typed = {}

--- The time that completion may wait for the server.
local MILLISECONDS = 1000

--- Enables the server, with optional overrides of its configuration.
---@param options table? passed to `vim.lsp.config`
function M.setup(options)
  if options then
    vim.lsp.config("podium", options)
  end
  vim.lsp.enable("podium")
end

--- Returns the client of the current buffer, else any client.
---@return vim.lsp.Client?
function M.client()
  return vim.lsp.get_clients({ name = "podium", bufnr = 0 })[1]
    or vim.lsp.get_clients({ name = "podium" })[1]
end

--- Returns the names of the server's commands, without the prefix, sorted.
---@return string[]
function M.commands()
  local client = M.client()
  local provider = client and client.server_capabilities.executeCommandProvider or {}
  local names = vim.tbl_map(function(name)
    return (name:gsub("^podium%.", ""))
  end, provider.commands or {})
  names = vim.tbl_filter(function(name)
    return not HIDDEN[name]
  end, names)
  if client then
    table.insert(names, "cancel")
  end
  table.sort(names)
  return names
end

--- Runs `:Podium noun verb name=value …`.
---@param words string[]
function M.run(words)
  local command, rest = M.parse(words)
  if not command then
    M.choose()
  elseif command == "cancel" then
    M.cancel()
  elseif OWN[command] then
    M.send(command, M.arguments(command, rest))
  else
    M.fill(command, M.arguments(command, rest), {})
  end
end

--- Asks for the missing arguments of a command, one at a time, then sends the command.
---@param command string
---@param arguments table
---@param asked string[] the parameters that were already asked for
function M.fill(command, arguments, asked)
  arguments.uri = arguments.uri or vim.uri_from_bufnr(0)
  local question = { command = "podium." .. command, given = arguments, asked = asked }
  M.send("missing", question, function(failure, form)
    if failure then
      M.show(command, failure)
    elseif type(form) ~= "table" or type(form.question) ~= "table" then
      M.send(command, arguments, function(failed, result)
        if not failed then
          typed[command] = nil
        end
        M.show(command, failed, result)
      end)
    else
      M.ask(form.question, command, function(answer)
        if answer ~= "" then
          arguments[form.question.name] = answer
        end
        table.insert(asked, form.question.name)
        M.fill(command, arguments, asked)
      end)
    end
  end)
end

--- Asks one question; dismissing it cancels the command, unless the question is optional.
---
--- A typed answer is kept until the command succeeds, and offered when the question is asked again.
---@param question table
---@param command string
---@param answered fun(answer: string)
function M.ask(question, command, answered)
  local prompt = "Podium: " .. question.prompt
  if #question.choices > 0 then
    local options = {
      prompt = prompt,
      kind = "podium",
      format_item = function(choice)
        return choice.detail ~= "" and ("%s  %s"):format(choice.label, choice.detail)
          or choice.label
      end,
    }
    vim.ui.select(question.choices, options, function(choice)
      if choice then
        answered(choice.value)
      end
    end)
    return
  end
  local completion = question.kind == "file" and "file" or nil
  local kept = typed[command] or {}
  typed[command] = kept
  local options = {
    prompt = prompt .. ": ",
    completion = completion,
    default = kept[question.name],
  }
  vim.ui.input(options, function(answer)
    if answer and (answer ~= "" or question.optional) then
      kept[question.name] = answer
      answered(answer)
    end
  end)
end

--- Cancels the server's work in progress; asks for confirmation before cancelling a run.
function M.cancel()
  local client = M.client()
  local pending = client and vim.tbl_keys(client.progress.pending) or {}
  for _, token in ipairs(pending) do
    client:notify("window/workDoneProgress/cancel", { token = token })
  end
  if #pending == 0 then
    vim.notify("Podium: nothing is in progress")
  end
end

--- Lets the user choose a command.
function M.choose()
  vim.ui.select(M.commands(), { prompt = "Podium" }, function(name)
    if name then
      M.run(vim.split(name, ".", { plain = true }))
    end
  end)
end

--- Sends a command and shows its result.
---@param command string for instance `plan.approve`
---@param arguments table
---@param answered fun(failure: table?, result: any)? called instead of showing the result
function M.send(command, arguments, answered)
  local client = M.client()
  if not client then
    vim.notify("Podium: no server is running; see :checkhealth podium", vim.log.levels.ERROR)
    return
  end
  arguments.uri = arguments.uri or vim.uri_from_bufnr(0)
  local call = { title = command, command = "podium." .. command, arguments = { arguments } }
  client:exec_cmd(call, { bufnr = 0 }, answered or function(failure, result)
    M.show(command, failure, result)
  end)
end

--- Shows a result: one line for a change, a buffer for information.
---@param command string
---@param failure table?
---@param result any
function M.show(command, failure, result)
  if failure then
    vim.notify("Podium: " .. failure.message, vim.log.levels.ERROR)
  elseif type(result) ~= "table" or result.shown or type(result.done) == "boolean" then
    local reason = type(result) == "table" and result.reason or ""
    vim.notify(("Podium: %s: %s"):format(command, reason ~= "" and reason or "done"))
  elseif result.uri and result.shown == false then
    vim.cmd.edit(vim.uri_to_fname(result.uri))
  elseif type(result.markdown) == "string" then
    M.scratch(command, vim.split(result.markdown, "\n"), "markdown")
  else
    local state = result.state or (result.view and result.view.state)
    if state then
      vim.notify(("Podium: %s: %s"):format(command, state))
    else
      M.scratch(command, vim.split(vim.inspect(result), "\n"), "lua")
    end
  end
end

--- Opens a scratch buffer.
---@param name string
---@param lines string[]
---@param kind string
function M.scratch(name, lines, kind)
  local buffer = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, lines)
  vim.bo[buffer].filetype = kind
  vim.bo[buffer].modifiable = false
  vim.bo[buffer].bufhidden = "wipe"
  vim.cmd.split()
  vim.api.nvim_win_set_buf(0, buffer)
  vim.b[buffer].podium_command = name
end

--- Splits words into the command at their start and the remaining words.
---@param words string[]
---@return string?, string[]
function M.parse(words)
  if #words == 0 then
    return nil, {}
  end
  local known = M.commands()
  for count = math.min(#words, 3), 1, -1 do
    local name = table.concat(vim.list_slice(words, 1, count), ".")
    if vim.tbl_contains(known, name) then
      return name, vim.list_slice(words, count + 1)
    end
  end
  return table.concat(vim.list_slice(words, 1, 2), "."), vim.list_slice(words, 3)
end

--- Parses words into arguments: `name=value`, or the value of the command's main parameter.
---@param command string
---@param words string[]
---@return table
function M.arguments(command, words)
  local arguments, plain = {}, {}
  for _, word in ipairs(words) do
    local name, value = word:match("^([%w_]+)=(.*)$")
    if name then
      local read, decoded = pcall(vim.json.decode, value)
      arguments[name] = read and decoded or value
    else
      table.insert(plain, word)
    end
  end
  local about = command == "plan.create" and "objective" or PLAIN[command:match("^%w+")]
  if #plain > 0 and about then
    arguments[about] = table.concat(plain, " ")
  end
  return arguments
end

--- Completes `:Podium`: the noun, then the verb, then the main argument.
---@param lead string
---@param line string
---@return string[]
function M.complete(lead, line)
  local words = vim.split(line, "%s+", { trimempty = true })
  local before = vim.list_slice(words, 2, lead == "" and #words or #words - 1)
  local found = {}
  for _, name in ipairs(M.commands()) do
    local parts = vim.split(name, ".", { plain = true })
    if vim.deep_equal(vim.list_slice(parts, 1, #before), before) and parts[#before + 1] then
      found[parts[#before + 1]] = true
    end
  end
  if before[1] == "open" then
    for _, name in ipairs(OPENED) do
      found[name] = true
    end
  elseif #before == 2 then
    for _, name in ipairs(M.values(table.concat(before, "."))) do
      found[name] = true
    end
  end
  local rows = vim.tbl_filter(function(name)
    return vim.startswith(name, lead)
  end, vim.tbl_keys(found))
  table.sort(rows)
  return rows
end

--- Returns the choices for a command's main parameter.
---@param command string
---@return string[]
function M.values(command)
  local client, about = M.client(), PLAIN[command:match("^%w+")]
  if not client or not about or not vim.tbl_contains(M.commands(), command) then
    return {}
  end
  local arguments = { command = "podium." .. command, given = { uri = vim.uri_from_bufnr(0) } }
  local call = { command = "podium.missing", arguments = { arguments } }
  local answer = client:request_sync("workspace/executeCommand", call, MILLISECONDS, 0)
  local question = answer and answer.result and answer.result.question
  if type(question) ~= "table" or question.name ~= about then
    return {}
  end
  return vim.tbl_map(function(choice)
    return choice.value
  end, question.choices)
end

--- Returns the progress of a run for the status line, or an empty string.
---@return string
function M.statusline()
  local client = M.client()
  if not client then
    return ""
  end
  for progress in client.progress do
    local value = progress.value
    if type(value) == "table" and value.kind ~= "end" then
      M.last = value.message or value.title
    elseif type(value) == "table" then
      M.last = ""
    end
  end
  return M.last or ""
end

return M
