// The extension without VS Code: what it starts, what it shows, and how it comes up. The editor that it comes up in here answers
// every call with nothing, but for what is looked at.

const assert = require('node:assert');
const { execFileSync, spawn } = require('node:child_process');
const fs = require('node:fs');
const Module = require('node:module');
const os = require('node:os');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { after, test } = require('node:test');
const { buildSync } = require('esbuild');

const here = path.join(__dirname, '..');
const manifest = JSON.parse(fs.readFileSync(path.join(here, 'package.json'), 'utf8'));
const made = fs.mkdtempSync(path.join(os.tmpdir(), 'mig-extension-'));
after(() => fs.rmSync(made, { recursive: true }));

function load(name, external = []) {
  const outfile = path.join(made, `${name}.js`);
  buildSync({ entryPoints: [path.join(here, `src/${name}.ts`)], bundle: true, platform: 'node', external, outfile });
  return require(outfile);
}

const words = load('words');
const { page } = load('page');
const { run } = load('run');

test('the server is the program that the setting names, or the one in PATH', () => {
  assert.deepStrictEqual(words.serverCommand({ path: ' ' }), { command: 'mig', args: ['lsp'] });
  assert.deepStrictEqual(words.serverCommand({ path: '/opt/mig' }), { command: '/opt/mig', args: ['lsp'] });
});

test('a migration is the topmost folder with files of its own', () => {
  const sources = ['/w/shop/a.mig', '/w/shop/waves/b.mig', '/w/other/deep/c.mig'];
  assert.strictEqual(words.migrationFolder('/w/shop/waves/b.mig', sources, '/'), '/w/shop');
  assert.strictEqual(words.migrationFolder('/w/other/deep/c.mig', sources, '/'), '/w/other/deep');
});

test('the code of a finding is found in each form', () => {
  assert.strictEqual(words.codeOf(undefined), undefined);
  assert.strictEqual(words.codeOf('unused-item'), 'unused-item');
  assert.strictEqual(words.codeOf({ value: 'unused-item', target: {} }), 'unused-item');
});

test('the page of a plan runs nothing and loads nothing', () => {
  const hostile = '<svg><script>alert(1)</script></svg>';
  const html = page({ title: 'Plan of <b>', text: '</pre><script>alert(1)</script>', graph: hostile });
  assert.match(html, /default-src 'none'; img-src data:; style-src 'nonce-[0-9a-f]{32}'/);
  assert.doesNotMatch(html, /<script|<b>|https?:/);
  assert.ok(html.includes(Buffer.from(hostile).toString('base64')));
  assert.match(page({ title: '', text: '', graph: 'no <plan>' }), /<p>no &lt;plan&gt;<\/p>/);
});

test('a program that fails is an error with what it says', async () => {
  const fails = ['-e', 'console.error("why"); process.exit(3)'];
  await assert.rejects(run(process.execPath, fails, here), { message: 'why' });
  await assert.rejects(run(path.join(made, 'nowhere'), [], here), /ENOENT/);
  assert.strictEqual(await run(process.execPath, ['-p', '1 + 1'], here), '2\n');
});

const program = process.env.MIG ?? 'mig';

test('the problem matcher reads what a task prints', () => {
  const folder = path.join(made, 'wrong');
  fs.mkdirSync(folder);
  fs.writeFileSync(path.join(folder, 'wrong.mig'), 'migration m {\n  owner = 3\n  catalog = files("*.yaml")\n}\n');
  let printed = '';
  try {
    execFileSync(program, words.taskArguments('check', folder), { encoding: 'utf8' });
  } catch (error) {
    printed = error.stdout;
  }
  const { regexp, ...groups } = manifest.contributes.problemMatchers[0].pattern;
  const found = printed.split('\n').map(line => line.match(regexp)).filter(found => found !== null);
  const wrong = found.find(found => found[groups.line] === '2');
  assert.ok(wrong, printed);
  assert.strictEqual(path.basename(wrong[groups.file]), 'wrong.mig');
  assert.strictEqual(wrong[groups.severity], 'error');
  assert.strictEqual(wrong[groups.column], '11');
  assert.ok(wrong[groups.message].length > 0);
});

test('the panel shows the graph that the program draws', async () => {
  const folder = path.join(here, '../../examples/chinook/to-parquet');
  process.env.CHINOOK_LAKE = made;
  const graph = await run(program, words.graphArguments(folder), folder);
  assert.ok(page({ title: '', text: '', graph }).includes('<img'), graph.slice(0, 80));
});

/** Anything: a class, a call, an object, whose every part is anything again but for those given. */
function anything(parts) {
  const of = { then: undefined, [Symbol.toPrimitive]: () => '', ...parts };
  return new Proxy(Object.assign(class {}, parts), {
    get: (target, name) => (name in of ? of[name] : name === 'prototype' ? target.prototype : anything({})),
    apply: () => anything({}),
  });
}

/** The extension with these in place of the editor and of the client. */
function extension(vscode, client) {
  const given = { vscode, 'vscode-languageclient/node': client };
  const usual = Module._load;
  Module._load = (name, ...rest) => given[name] ?? usual(name, ...rest);
  // It is loaded anew each time: what it starts, it keeps.
  delete require.cache[path.join(made, 'extension.js')];
  try {
    return load('extension', Object.keys(given));
  } finally {
    Module._load = usual;
  }
}

test('it comes up with every command of its manifest, and says when the program does not start', async () => {
  const commands = [];
  const messages = [];
  const started = [];
  const vscode = anything({
    workspace: anything({ getConfiguration: () => ({ get: () => '/opt/mig' }) }),
    commands: anything({ registerCommand: name => commands.push(name) }),
    window: anything({ showErrorMessage: async text => void messages.push(text) }),
    tasks: anything({}),
  });
  class LanguageClient {
    constructor(_id, _name, server, options) {
      started.push([server.command, ...server.args, options.documentSelector[0].language]);
    }

    async start() {
      throw new Error('no such program');
    }
  }
  const { activate, deactivate } = extension(vscode, { LanguageClient });
  await activate({ subscriptions: [] });
  await deactivate();
  assert.deepStrictEqual(commands.sort(), manifest.contributes.commands.map(({ command }) => command).sort());
  assert.deepStrictEqual(started, [['/opt/mig', 'lsp', 'mig']]);
  assert.deepStrictEqual(messages, ['mig: `/opt/mig lsp` does not start: no such program']);
});

/** What the editor's client does with a server, over the same library of the protocol. */
function liveClient(folder) {
  const { createProtocolConnection, StreamMessageReader, StreamMessageWriter, ...protocol } =
    require('vscode-languageserver-protocol/node');
  class LanguageClient {
    constructor(_id, _name, server) {
      this.server = server;
    }

    async start() {
      const server = spawn(this.server.command, this.server.args, { stdio: ['pipe', 'pipe', 'inherit'] });
      this.ended = new Promise(ended => server.on('exit', ended));
      this.connection = createProtocolConnection(
        new StreamMessageReader(server.stdout), new StreamMessageWriter(server.stdin));
      this.connection.onRequest(protocol.WorkDoneProgressCreateRequest.type, () => {});
      this.connection.onUnhandledProgress(() => {});
      this.connection.listen();
      await this.connection.sendRequest(protocol.InitializeRequest.type, {
        processId: process.pid,
        rootUri: null,
        workspaceFolders: [{ uri: pathToFileURL(folder).href, name: path.basename(folder) }],
        capabilities: { textDocument: { diagnostic: {} }, window: { workDoneProgress: true } },
      });
      await this.connection.sendNotification(protocol.InitializedNotification.type, {});
    }

    sendRequest(type, params) {
      return this.connection.sendRequest(type, params);
    }

    async stop() {
      await this.connection.sendRequest(protocol.ShutdownRequest.type);
      await this.connection.sendNotification(protocol.ExitNotification.type);
      assert.strictEqual(await this.ended, 0);
      this.connection.dispose();
    }
  }
  return { LanguageClient, ExecuteCommandRequest: protocol.ExecuteCommandRequest };
}

test('the real server reads the snapshots anew and plans, and the panel shows it', async () => {
  const examples = path.join(made, 'chinook');
  fs.cpSync(path.join(here, '../../examples/chinook'), examples, { recursive: true });
  process.env.CHINOOK_LAKE = path.join(made, 'lake');
  const folder = path.join(examples, 'to-parquet');
  const file = path.join(folder, 'chinook.mig');
  const lock = path.join(folder, 'schemas.lock.json');
  fs.rmSync(lock, { force: true });
  const commands = {};
  const panel = { webview: { html: '' }, reveal() {}, onDidDispose() {}, dispose() {} };
  const messages = [];
  const document = { languageId: 'mig', uri: { fsPath: file, toString: () => pathToFileURL(file).href } };
  const vscode = anything({
    workspace: anything({
      getConfiguration: () => ({ get: () => program }),
      findFiles: async () => [{ fsPath: file }],
    }),
    commands: anything({ registerCommand: (name, run) => void (commands[name] = run) }),
    window: anything({
      activeTextEditor: { document },
      createWebviewPanel: () => panel,
      showErrorMessage: async text => void messages.push(text),
    }),
    tasks: anything({}),
    ViewColumn: { Beside: -2 },
  });
  const { activate, deactivate } = extension(vscode, liveClient(examples));
  await activate({ subscriptions: [] });
  await commands['mig.refreshSnapshots']();
  assert.ok(fs.existsSync(lock));
  await commands['mig.showPlan']();
  await commands['mig.restartServer']();
  await deactivate();
  assert.deepStrictEqual(messages, []);
  assert.match(panel.webview.html, /Plan of to-parquet[^]*Plan for chinook_to_parquet/);
  assert.ok(panel.webview.html.includes('<img'), panel.webview.html.slice(0, 200));
});

test('what is packaged is whole', () => {
  const said = execFileSync('npx', ['vsce', 'ls', '--no-dependencies'], { cwd: here, encoding: 'utf8' });
  const { contributes } = manifest;
  const named = [...contributes.languages.map(one => one.configuration), ...contributes.grammars.map(one => one.path)];
  for (const file of [manifest.main, ...named, ...contributes.snippets.map(one => one.path)]) {
    assert.ok(said.split('\n').includes(file.replace('./', '')), `${file} is not in\n${said}`);
  }
});
