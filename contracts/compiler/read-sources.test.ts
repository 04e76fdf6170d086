import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { importsOf, readSources } from './read-sources.ts'
import { tokenize } from './tokens.ts'

const folder = mkdtempSync(join(tmpdir(), 'pavm-sources-'))
after(() => rmSync(folder, { recursive: true, force: true }))

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
}

write({
  'project/src/A.sol': 'import "./B.sol"; import {X} from "../lib/X.sol"; import "kit/K.sol"; import "src/B.sol";',
  'project/src/B.sol': 'import "./A.sol"; // import "./none.sol";',
  'project/lib/X.sol': 'contract X {}',
  'project/src/Far.sol': 'import "../../Outer.sol";',
  'project/src/Lost.sol': 'import "./Nowhere.sol";',
  'node_modules/kit/K.sol': 'import "./inner/L.sol";',
  'node_modules/kit/inner/L.sol': '',
  'Outer.sol': '',
})

test('every form of import', () => {
  const text = `import "a"; import 'b' as B; import * as C from "c"; import {D, E as F} from "d"; string s = "import";`
  assert.deepEqual(importsOf(tokenize(text)), ['a', 'b', 'c', 'd'])
})

test('relative imports, imports from the base and from packages', () => {
  const { sources, entries } = readSources(['src/A.sol'], join(folder, 'project'))
  assert.deepEqual(entries, ['src/A.sol'])
  assert.deepEqual(Object.keys(sources).sort(), ['kit/K.sol', 'kit/inner/L.sol', 'lib/X.sol', 'src/A.sol', 'src/B.sol'])
})

test('files outside of the base are named from the directory that has all', () => {
  const far = readSources(['src/Far.sol'], join(folder, 'project'))
  assert.deepEqual(far.entries, ['project/src/Far.sol'])
  assert.deepEqual(Object.keys(far.sources).sort(), ['Outer.sol', 'project/src/Far.sol'])
  const outside = readSources([join(folder, 'project/lib/X.sol')], join(folder, 'node_modules'))
  assert.deepEqual(outside.entries, ['X.sol'])
})

test('what cannot be read is told with who imports it', () => {
  assert.throws(() => readSources(['src/Lost.sol'], join(folder, 'project')), {
    code: 'no-source',
    message: 'src/Nowhere.sol, imported by src/Lost.sol, cannot be read',
  })
  assert.throws(() => readSources(['None.sol'], folder), { message: 'None.sol cannot be read' })
})
