import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** Folders a folder may import from, besides itself: the arrow of ARCHITECTURE.md. */
const BELOW: Readonly<Record<string, readonly string[]>> = {
  primitives: [],
  config: ['primitives'],
  storage: ['primitives', 'config'],
  execution: ['primitives', 'config', 'storage'],
  consensus: ['primitives', 'config', 'storage', 'execution'],
  p2p: ['primitives', 'config', 'storage', 'execution', 'consensus'],
  rpc: ['primitives', 'config', 'storage', 'execution', 'consensus'],
  contracts: ['primitives'],
  node: ['primitives', 'config', 'storage', 'execution', 'consensus', 'p2p', 'rpc', 'contracts'],
}

/** Source files of the product, tests left out: a test may build what it needs from anywhere. */
function sourceFiles(): string[] {
  return Object.keys(BELOW).flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.includes('fixtures'))
      .map((name) => join(folder, name)),
  )
}

const IMPORT =
  /^\s*(?:import|export)\s[^'"]*?from\s+['"](\.[^'"]+)['"]|import\(\s*['"](\.[^'"]+)['"]\s*\)|^import\s+['"](\.[^'"]+)['"]/gm

function importsOf(file: string, text: string): string[] {
  return [...text.matchAll(IMPORT)].map((match) =>
    relative(root, normalize(join(root, dirname(file), match[1] ?? match[2] ?? match[3] ?? ''))),
  )
}

const graph = new Map(sourceFiles().map((file) => [file, importsOf(file, readFileSync(join(root, file), 'utf8'))]))

test('the walk finds the source and its imports', () => {
  assert.ok(graph.size > 20, `only ${graph.size} files found`)
  assert.ok([...graph.values()].flat().length > graph.size)
  assert.deepEqual(
    importsOf('rpc/x.ts', "import type { A } from '../storage/a.ts'\nimport {\n  b,\n} from './b.ts'\n"),
    ['storage/a.ts', 'rpc/b.ts'],
  )
})

test('imports point one way', () => {
  const wrong: string[] = []
  for (const [file, imports] of graph) {
    const from = file.split('/')[0] as string
    for (const target of imports) {
      const to = target.split('/')[0] as string
      if (to !== from && !BELOW[from]?.includes(to)) wrong.push(`${file} -> ${target}`)
    }
  }
  assert.deepEqual(wrong, [])
})

test('no file is part of an import cycle', () => {
  const state = new Map<string, 'open' | 'done'>()
  const path: string[] = []
  const cycles: string[] = []
  const visit = (file: string): void => {
    if (state.get(file) === 'done') return
    if (state.get(file) === 'open') {
      cycles.push([...path.slice(path.indexOf(file)), file].join(' -> '))
      return
    }
    state.set(file, 'open')
    path.push(file)
    for (const target of graph.get(file) ?? []) visit(target)
    path.pop()
    state.set(file, 'done')
  }
  for (const file of graph.keys()) visit(file)
  assert.deepEqual(cycles, [])
})
