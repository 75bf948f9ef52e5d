-- A headless Neovim with the configuration of docs/editors/neovim.md: opens a file, is told what is wrong, completes a column
-- and formats. Writes what it saw, as JSON, to the file that SEEN names.

local seen = {}

local function wait(what, until_it)
  assert(vim.wait(300000, until_it, 20), what .. " did not come: " .. vim.inspect(seen))
end

local function diagnostics()
  local codes = {}
  for _, found in ipairs(vim.diagnostic.get(0)) do
    if found.severity == vim.diagnostic.severity.ERROR then
      table.insert(codes, found.code or (found.user_data and found.user_data.lsp.code))
    end
  end
  return codes
end

local function ask(method, params)
  local answer
  vim.lsp.buf_request(0, method, params, function(problem, result)
    assert(not problem, vim.inspect(problem))
    answer = { result }
  end)
  wait(method, function() return answer end)
  return answer[1]
end

local function run()
  vim.cmd("edit " .. vim.env.FILE)
  seen.filetype = vim.bo.filetype
  wait("the server", function()
    for _, client in pairs((vim.lsp.get_clients or vim.lsp.buf_get_clients)(vim.lsp.get_clients and { bufnr = 0 } or 0)) do
      return client.initialized == nil or client.initialized
    end
  end)

  -- A column is misspelt: it is said.
  vim.fn.search("= CustomerId")
  vim.cmd("substitute/= CustomerId/= CustomrId/")
  wait("a finding", function() return #diagnostics() > 0 end)
  seen.wrong = diagnostics()[1]
  vim.cmd("substitute/= CustomrId/= CustomerId/")
  wait("no finding", function() return #diagnostics() == 0 end)

  -- A column is completed.
  local line = vim.fn.search("= BillingPostalCode")
  vim.cmd("substitute/BillingPostalCode/BillingPos/")
  local position = { line = line - 1, character = #vim.fn.getline(line) }
  local completed = ask("textDocument/completion", {
    textDocument = vim.lsp.util.make_text_document_params(0), position = position,
  })
  for _, item in ipairs(completed.items or completed) do
    if item.label == "BillingPostalCode" then
      seen.completed = item.detail
      vim.lsp.util.apply_text_edits({ item.textEdit }, vim.api.nvim_get_current_buf(), "utf-16")
    end
  end
  seen.line = vim.fn.getline(line)

  -- The file is formatted.
  vim.cmd("substitute/postal_code: text?          =/postal_code: text?=/")
  local format = vim.lsp.buf.format or vim.lsp.buf.formatting_sync
  format(vim.lsp.buf.format and { async = false, timeout_ms = 300000 } or nil, 300000)
  seen.formatted = vim.fn.getline(line)
  seen.commands = { vim.fn.exists(":MigPreview"), vim.fn.exists(":MigRefresh") }
  seen.version = tostring(vim.version().major) .. "." .. vim.version().minor .. "." .. vim.version().patch
end

local sound, problem = pcall(run)
seen.problem = not sound and tostring(problem) or nil
local out = assert(io.open(vim.env.SEEN, "w"))
out:write((vim.json or { encode = vim.fn.json_encode }).encode(seen))
out:close()
vim.cmd("qall!")
