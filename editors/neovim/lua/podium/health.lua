--- `:checkhealth podium`.
local M = {}

function M.check()
  local health = vim.health
  health.start("podium")
  if vim.fn.has("nvim-0.11") == 1 then
    health.ok("Neovim " .. tostring(vim.version()))
  else
    health.error("Neovim is too old", { "update to 0.11 or newer" })
    return
  end
  M.program(health)
  M.server(health)
end

--- Checks the program.
function M.program(health)
  local command = vim.lsp.config.podium and vim.lsp.config.podium.cmd[1] or "podium"
  if vim.fn.executable(command) == 0 then
    health.error(("%s is not on the PATH"):format(command), {
      "pip install podium",
      'or set vim.g.podium_command = "/path/to/podium" before the plugin is loaded',
    })
    return
  end
  local version = vim.system({ command, "--version" }, { text = true }):wait(5000)
  health.ok(("%s, %s"):format(vim.trim(version.stdout or ""), vim.fn.exepath(command)))
end

--- Checks the server.
function M.server(health)
  if not vim.lsp.is_enabled("podium") then
    health.warn("the server is not enabled", { 'vim.lsp.enable("podium")' })
  end
  local client = require("podium").client()
  if not client then
    health.warn("no server is running", {
      "open a file of a Podium project; `podium init` creates one",
    })
    return
  end
  health.ok(("attached, root %s"):format(client.root_dir or "none"))
  health.info("columns are counted in " .. client.offset_encoding)
  local answer = client:request_sync(
    "workspace/executeCommand",
    { command = "podium.status", arguments = { vim.empty_dict() } },
    5000,
    0
  )
  local status = answer and answer.result
  if not status then
    health.error("the server does not answer", { "see its log, then restart it with :lsp restart" })
    return
  end
  health.ok(("server %s: %s"):format(status.version, status.message))
  health.info("log " .. status.log)
  local watching = vim.tbl_get(
    client.capabilities,
    "workspace",
    "didChangeWatchedFiles",
    "dynamicRegistration"
  )
  if not watching then
    health.info("Neovim does not watch files on this system; the server polls them instead")
  end
end

return M
