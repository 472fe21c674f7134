-- The server's configuration; `vim.lsp.enable("podium")` starts it, `vim.lsp.config` overrides it.
-- Findings can be in any file, so it serves all file types in a project.
return {
  cmd = { vim.g.podium_command or "podium", "lsp" },
  root_dir = function(buffer, found)
    local name = vim.api.nvim_buf_get_name(buffer)
    local where = name ~= "" and name or vim.fn.getcwd()
    local root = vim.fs.root(where, { ".podium" })
    if root and vim.uv.fs_stat(root .. "/.podium/store.json") then
      found(root)
    end
  end,
  settings = { podium = {} },
  -- The server must not outlive the editor.
  detached = false,
}
