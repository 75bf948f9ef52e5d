// Every example is coloured by the engine of the editor: no text of it is unknown to the grammar, and what is left open in one item
// reaches no other.

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const oniguruma = require('vscode-oniguruma');
const { INITIAL, Registry, parseRawGrammar } = require('vscode-textmate');

const here = path.join(__dirname, '..');
const root = path.join(here, '../..');

async function grammar() {
  const wasm = fs.readFileSync(require.resolve('vscode-oniguruma/release/onig.wasm'));
  await oniguruma.loadWASM(wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength));
  const file = path.join(here, 'syntaxes/mig.tmLanguage.json');
  const registry = new Registry({
    onigLib: Promise.resolve({
      createOnigScanner: patterns => new oniguruma.OnigScanner(patterns),
      createOnigString: text => new oniguruma.OnigString(text),
    }),
    loadGrammar: async () => parseRawGrammar(fs.readFileSync(file, 'utf8'), file),
  });
  return registry.loadGrammar('source.mig');
}

function examples() {
  const folders = ['examples', 'src/demo'].map(folder => path.join(root, folder));
  const names = folders.flatMap(folder => fs.readdirSync(folder, { recursive: true }).map(name => path.join(folder, name)));
  return names.filter(name => name.endsWith('.mig'));
}

test('every example is coloured whole', async () => {
  const mig = await grammar();
  assert.ok(examples().length > 5);
  for (const file of examples()) {
    let state = INITIAL;
    fs.readFileSync(file, 'utf8').split('\n').forEach((line, row) => {
      const { tokens, ruleStack } = mig.tokenizeLine(line, state);
      for (const { startIndex, endIndex, scopes } of tokens) {
        const text = line.slice(startIndex, endIndex).trim();
        const said = `${file}:${row + 1}: \`${text}\` is ${scopes.join(' ')}`;
        const colour = scopes.filter(scope => scope !== 'source.mig' && !scope.startsWith('meta.'));
        assert.ok(text === '' || colour.length > 0, said);
        assert.ok(!scopes.some(scope => scope.startsWith('invalid')), said);
      }
      state = ruleStack;
      if (line === '}') assert.strictEqual(state.depth, INITIAL.depth, `${file}:${row + 1}: something is still open`);
    });
  }
});
