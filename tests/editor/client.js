// A scripted editor over a real client library: opens a copy of `examples/`, works in it as a person would, and saves what
// came of it. Takes the path of `mig`, the folder, and the library's folder; prints what it saw as JSON.
"use strict";
const assert = require("node:assert/strict");
const { spawn } = require("node:child_process");
const fs = require("node:fs");
const { createRequire } = require("node:module");
const path = require("node:path");
const { pathToFileURL, fileURLToPath } = require("node:url");

const [mig, examples, library] = process.argv.slice(2);
const {
  createProtocolConnection, StreamMessageReader, StreamMessageWriter, ...lsp
} = createRequire(path.join(library, "package.json"))("vscode-languageserver-protocol/node");

const folder = path.join(examples, "chinook/to-parquet");
const uriOf = (file) => pathToFileURL(file).href;
const main = path.join(folder, "chinook.mig");
const waves = path.join(folder, "waves.mig");

// The buffers as the editor has them.
const buffers = new Map();

function offset(text, at) {
  const lines = text.split("\n");
  return lines.slice(0, at.line).reduce((sum, line) => sum + line.length + 1, 0) + at.character;
}

function position(text, at) {
  const before = text.slice(0, at).split("\n");
  return { line: before.length - 1, character: before[before.length - 1].length };
}

// Where a word of the text is.
function place(file, word, behind = 0) {
  const text = buffers.get(uriOf(file)).text;
  const at = text.indexOf(word);
  assert.notEqual(at, -1, `${word} in ${file}`);
  return position(text, at + behind);
}

async function change(connection, uri, edits) {
  const buffer = buffers.get(uri);
  const ordered = [...edits].sort((a, b) => offset(buffer.text, b.range.start) - offset(buffer.text, a.range.start));
  for (const edit of ordered) {
    const [start, end] = [offset(buffer.text, edit.range.start), offset(buffer.text, edit.range.end)];
    buffer.text = buffer.text.slice(0, start) + edit.newText + buffer.text.slice(end);
  }
  buffer.version += 1;
  // The last edit of the text comes first, so that every range is of the text that the one before left.
  const contentChanges = ordered.map((edit) => ({ range: edit.range, text: edit.newText }));
  await connection.sendNotification(lsp.DidChangeTextDocumentNotification.type, {
    textDocument: { uri, version: buffer.version }, contentChanges,
  });
}

async function apply(connection, edit) {
  for (const document of edit.documentChanges) {
    assert.equal(document.textDocument.version, buffers.get(document.textDocument.uri).version);
    await change(connection, document.textDocument.uri, document.edits);
  }
  return edit.documentChanges.map((document) => path.basename(fileURLToPath(document.textDocument.uri))).sort();
}

async function run() {
  const seen = {};
  const server = spawn(mig, ["lsp"], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise((resolve) => server.on("exit", resolve));
  const connection = createProtocolConnection(
    new StreamMessageReader(server.stdout), new StreamMessageWriter(server.stdin));
  connection.onRequest(lsp.RegistrationRequest.type, () => {});
  connection.onRequest(lsp.WorkDoneProgressCreateRequest.type, () => {});
  connection.onRequest(lsp.DiagnosticRefreshRequest.type, () => {});
  const progress = [];
  connection.onUnhandledProgress(() => {});
  connection.onNotification("$/progress", (params) => progress.push(params.value.kind));
  connection.listen();

  const { capabilities } = await connection.sendRequest(lsp.InitializeRequest.type, {
    processId: process.pid,
    rootUri: null,
    workspaceFolders: [{ uri: uriOf(examples), name: "examples" }],
    capabilities: {
      general: { positionEncodings: ["utf-16"] },
      textDocument: {
        diagnostic: {},
        codeAction: { resolveSupport: { properties: ["edit"] }, dataSupport: true },
        completion: { completionItem: { snippetSupport: true } },
      },
      workspace: {
        workspaceEdit: { documentChanges: true },
        didChangeWatchedFiles: { dynamicRegistration: true },
        diagnostics: { refreshSupport: true },
      },
      window: { workDoneProgress: true },
    },
  });
  assert.equal(capabilities.positionEncoding, "utf-16");
  await connection.sendNotification(lsp.InitializedNotification.type, {});
  for (const file of [main, waves]) {
    const text = fs.readFileSync(file, "utf8");
    buffers.set(uriOf(file), { text, version: 1 });
    await connection.sendNotification(lsp.DidOpenTextDocumentNotification.type, {
      textDocument: { uri: uriOf(file), languageId: "mig", version: 1, text },
    });
  }
  const document = { uri: uriOf(main) };
  const findings = async (file) => {
    const report = await connection.sendRequest(lsp.DocumentDiagnosticRequest.type, { textDocument: { uri: uriOf(file) } });
    return report.items;
  };

  // What is not known is told, and known after a refresh.
  seen.before = (await findings(main)).map((found) => `${found.code}: ${found.severity}`);
  await connection.sendRequest(lsp.ExecuteCommandRequest.type, { command: "mig.refresh", arguments: [document.uri] });
  seen.after = (await findings(main)).map((found) => found.code);
  seen.progress = progress;

  // A column of the old table is completed while its line is typed.
  const last = "total:       decimal(12, 2) = Total";
  const behind = place(main, last, last.length);
  const line = "\n    note: text? = Bil";
  await change(connection, document.uri, [{ range: { start: behind, end: behind }, newText: line }]);
  const completed = await connection.sendRequest(lsp.CompletionRequest.type, {
    textDocument: document, position: place(main, line, line.length),
  });
  const item = completed.items.find((candidate) => candidate.label === "BillingCountry");
  assert.ok(item, completed.items.map((candidate) => candidate.label).join(" "));
  seen.completed = item.labelDetails.description;
  await change(connection, document.uri, [item.textEdit]);

  // A misspelt function is fixed by the action that its diagnostic has.
  await change(connection, document.uri, [{
    range: { start: place(main, "nullif(trim"), end: place(main, "nullif(trim", 6) }, newText: "nulif",
  }]);
  const [wrong] = (await findings(main)).filter((found) => found.severity === lsp.DiagnosticSeverity.Error);
  seen.wrong = wrong.code;
  const actions = await connection.sendRequest(lsp.CodeActionRequest.type, {
    textDocument: document, range: wrong.range, context: { diagnostics: [wrong], only: ["quickfix"] },
  });
  const fix = actions.find((action) => action.isPreferred);
  assert.equal(fix.edit, undefined);
  seen.fix = fix.title;
  await apply(connection, (await connection.sendRequest(lsp.CodeActionResolveRequest.type, fix)).edit);

  // A dataset is renamed in both files.
  const renamed = await connection.sendRequest(lsp.RenameRequest.type, {
    textDocument: { uri: uriOf(waves) }, position: place(waves, "on invoices {", 4), newName: "bills",
  });
  seen.renamed = await apply(connection, renamed);

  // What was typed is formatted.
  const edits = await connection.sendRequest(lsp.DocumentFormattingRequest.type, {
    textDocument: document, options: { tabSize: 2, insertSpaces: true },
  });
  await change(connection, document.uri, edits);

  const lenses = await connection.sendRequest(lsp.CodeLensRequest.type, { textDocument: { uri: uriOf(waves) } });
  seen.lenses = lenses.map((lens) => lens.command.title);
  const preview = await connection.sendRequest(lsp.ExecuteCommandRequest.type, { command: "mig.preview", arguments: [document.uri] });
  seen.preview = preview.split("\n")[0];
  seen.errors = [];
  for (const file of [main, waves]) {
    const errors = (await findings(file)).filter((found) => found.severity === lsp.DiagnosticSeverity.Error);
    seen.errors.push(...errors.map((found) => found.message));
  }

  for (const [uri, buffer] of buffers) fs.writeFileSync(fileURLToPath(uri), buffer.text);
  await connection.sendRequest(lsp.ShutdownRequest.type);
  await connection.sendNotification(lsp.ExitNotification.type);
  seen.exit = await ended;
  process.stdout.write(JSON.stringify(seen));
  process.exit(0);
}

run().catch((error) => {
  console.error(error);
  process.exit(1);
});
