-- A user has a file open while an assistant creates a plan and a run changes the same file.
local project, go = vim.env.PODIUM_PROJECT, vim.env.PODIUM_GO
local person = dofile(vim.fs.dirname(debug.getinfo(1, "S").source:sub(2)) .. "/person.lua")
local ask, say, wait = person.ask, person.say, person.wait

local function moment()
  local seconds, micro = vim.uv.gettimeofday()
  return seconds + micro / 1e6
end

person.listen()
vim.lsp.enable("podium")
person.live(function()
  person.open(project .. "/app.py")
  local buffer = vim.api.nvim_get_current_buf()
  local seen, first = {}, nil
  vim.api.nvim_create_autocmd("DiagnosticChanged", {
    callback = function(event)
      if event.buf == buffer then
        local rows = vim.diagnostic.get(buffer)
        first = first or rows[1]
        table.insert(seen, { at = moment(), count = #rows })
      end
    end,
  })
  vim.fn.writefile({}, go .. "/open")

  -- The assistant creates its plan elsewhere; the user approves and runs it here.
  wait("the assistant's plan", function()
    return vim.uv.fs_stat(go .. "/planned") ~= nil
  end)
  person.answers = { "Approve" }
  vim.cmd("Podium plan approve")
  wait("the approval", function()
    return ask("plan.show").result.state == "approved"
  end)
  vim.cmd("Podium run start")

  -- The reply is broken, which is shown here until the consultant has fixed it.
  wait("the broken reply", function()
    return first ~= nil
  end)
  say("shown", { first.lnum, first.code, first.message })
  say("related", vim.tbl_map(function(row)
    return { row.location.uri, row.message }
  end, first.user_data.lsp.relatedInformation))
  say("line", vim.api.nvim_buf_get_lines(buffer, 0, 1, false)[1])
  wait("the mended reply", function()
    return #vim.diagnostic.get(buffer) == 0
  end)
  wait("the end of the run", person.ended("completed"))
  say("changes", seen)
  say("tree", vim.tbl_map(function(row)
    return { row.kind, row.description }
  end, ask("tree").result))
  say("plan", ask("plan.show").result.state)
  say("progress", vim.tbl_map(function(value)
    return value.message or value.title
  end, person.progress))
end)
