-- A person types a reason for a command that fails, and runs the command again.
local here = vim.fs.dirname(debug.getinfo(1, "S").source:sub(2))
local person = dofile(here .. "/person.lua")

local offered, notes = {}, {}

vim.ui.input = function(options, answered)
  table.insert(offered, options.default or "")
  answered(options.default or "too large, split it")
end
vim.notify = function(text)
  table.insert(notes, text)
end

--- Runs a command and waits for what it says.
local function run(words)
  local before = #notes
  vim.cmd("Podium " .. words)
  person.wait(words, function()
    return #notes > before
  end)
  person.say(words, notes[#notes])
end

person.listen()
vim.lsp.enable("podium")
person.live(function()
  person.open(vim.env.PODIUM_PROJECT .. "/app.py")
  person.answers = { "Write a file" }
  run("plan reject p-nosuch")
  run("plan reject")
  run("plan reset p-nosuch2")
  run("plan reject p-nosuch3")
  person.say("offered", offered)
end)
