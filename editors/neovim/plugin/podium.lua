-- Defines `:Podium`; the plugin itself is loaded at its first use.
if vim.g.loaded_podium then
  return
end
vim.g.loaded_podium = true

vim.api.nvim_create_user_command("Podium", function(call)
  require("podium").run(call.fargs)
end, {
  nargs = "*",
  desc = "Run a Podium command, for instance :Podium plan approve",
  complete = function(lead, line)
    return require("podium").complete(lead, line)
  end,
})

vim.keymap.set("n", "<Plug>(podium-approve)", "<Cmd>Podium plan approve<CR>")
vim.keymap.set("n", "<Plug>(podium-run)", "<Cmd>Podium run start<CR>")
vim.keymap.set("n", "<Plug>(podium-status)", "<Cmd>Podium run status<CR>")
