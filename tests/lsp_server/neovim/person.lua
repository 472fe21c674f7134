-- Shared by the sessions: waits for states, reports values, and answers questions like a user.
local M = { said = {}, progress = {}, answers = {} }

function M.say(name, value)
  table.insert(M.said, { name = name, value = value })
end

function M.wait(what, holds)
  assert(vim.wait(300000, holds, 10), "waited in vain for " .. what)
end

function M.lines()
  return vim.api.nvim_buf_get_lines(0, 0, -1, false)
end

--- Sends a request and waits for its response.
function M.ask(command, arguments)
  local answer
  require("podium").send(command, arguments or {}, function(failure, result)
    answer = { failure = failure and failure.message, result = result }
  end)
  M.wait(command, function()
    return answer ~= nil
  end)
  return answer
end

--- Sends a request that must succeed and returns its result.
function M.get(command, arguments)
  local answer = M.ask(command, arguments)
  return answer.result or error(command .. ": " .. tostring(answer.failure))
end

--- Answers every question with the first item that contains one of the user's answers.
function M.listen()
  vim.ui.select = function(items, options, chosen)
    M.say("asked", options.prompt)
    for _, item in ipairs(items) do
      local title = options.format_item and options.format_item(item) or item
      for _, answer in ipairs(M.answers) do
        if title:find(answer, 1, true) then
          chosen(item, _)
          return
        end
      end
    end
    chosen(nil, nil)
  end
  vim.api.nvim_create_autocmd("LspProgress", {
    callback = function(event)
      table.insert(M.progress, event.data.params.value)
    end,
  })
end

--- Returns whether some work ended with a message that contains some words.
function M.ended(words)
  return function()
    for _, value in ipairs(M.progress) do
      if value.kind == "end" and (value.message or ""):find(words, 1, true) then
        return true
      end
    end
    return false
  end
end

--- Opens a file of the project and returns its client.
function M.open(path)
  vim.cmd.edit(path)
  M.wait("a client", function()
    local client = vim.lsp.get_clients({ name = "podium", bufnr = 0 })[1]
    return client and client.initialized
  end)
  return require("podium").client()
end

--- Runs a session, prints the reported values, and exits.
function M.live(session)
  local worked, failure = xpcall(session, debug.traceback)
  if not worked then
    M.say("failed", tostring(failure))
  end
  io.stdout:write(vim.json.encode(M.said))
  for _, each in ipairs(vim.lsp.get_clients()) do
    each:stop()
  end
  vim.cmd("qa!")
end

return M
