-- The plugin is installed from a repository, as doc/podium.txt describes for `vim.pack`.
local person = dofile(vim.fs.dirname(debug.getinfo(1, "S").source:sub(2)) .. "/person.lua")

person.live(function()
  local source = { src = vim.env.PODIUM_ORIGIN, name = "podium" }
  vim.pack.add({ source }, { confirm = false })
  local plugin = vim.pack.get({ "podium" })[1].path .. "/editors/neovim"
  vim.opt.rtp:prepend(plugin)
  vim.cmd.runtime("plugin/podium.lua")
  require("podium").setup()
  person.say("command", vim.fn.exists(":Podium"))
  person.open(vim.env.PODIUM_PROJECT .. "/app.py")
  person.say("attached", require("podium").client() ~= nil)
  vim.cmd("helptags " .. plugin .. "/doc")
  -- This Neovim has no parser for highlighting help files.
  vim.cmd("noautocmd help :Podium")
  person.say("help", vim.fs.basename(vim.api.nvim_buf_get_name(0)))
end)
