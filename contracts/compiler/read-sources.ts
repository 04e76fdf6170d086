import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative, resolve, sep } from 'node:path'
import { CompileError } from './compile-error.ts'
import { type Token, tokenize } from './tokens.ts'

/** Sources as solc's input has them, and the names of the files that were asked for. */
export interface SourceSet {
  readonly sources: Readonly<Record<string, { readonly content: string }>>
  readonly entries: readonly string[]
}

/**
 * Reads files and all that they import. A source is named by its path from the base directory; where some are outside of it, from
 * the innermost directory that holds all. What is imported by another name than a relative one is looked for from the base on, then in `node_modules`
 * of the directories from the importing file up.
 */
export function readSources(files: readonly string[], base: string): SourceSet {
  const paths = files.map((file) => resolve(base, file))
  for (let root = startingRoot(paths, resolve(base)); ; root = dirname(root)) {
    const set = readFrom(root, paths)
    if (set !== undefined) return set
    if (dirname(root) === root) throw new CompileError('no-source', `no directory holds all of ${files.join(', ')}`)
  }
}

/** The base, or for files outside of it the directory of the first: the way up from there meets one that has them all. */
function startingRoot(paths: readonly string[], base: string): string {
  const isOutside = paths.some((path) => relative(base, path).startsWith('..'))
  return isOutside ? dirname(paths[0] as string) : base
}

/** @returns undefined where a file is not below the root */
function readFrom(root: string, paths: readonly string[]): SourceSet | undefined {
  const sources: Record<string, { content: string }> = {}
  const entries = paths.map((path) => relative(root, path).split(sep).join('/'))
  const open = entries.map((name, index) => ({
    name,
    path: paths[index] as string,
    importer: undefined as string | undefined,
  }))
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { name, path, importer } = next
    if (name === '..' || name.startsWith('../')) return undefined
    if (sources[name] !== undefined) continue
    const content = read(path, name, importer)
    sources[name] = { content }
    for (const imported of importsOf(tokenize(content))) {
      const isRelative = imported.startsWith('./') || imported.startsWith('../')
      open.push({
        name: isRelative ? posix.join(posix.dirname(name), imported) : imported,
        path: isRelative ? join(dirname(path), imported) : locate(imported, root, path),
        importer: name,
      })
    }
  }
  return { sources, entries }
}

function read(path: string, name: string, importer: string | undefined): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    const by = importer === undefined ? '' : `, imported by ${importer},`
    throw new CompileError('no-source', `${name}${by} cannot be read`, { name, path, importer })
  }
}

function locate(imported: string, root: string, importer: string): string {
  const atRoot = join(root, imported)
  if (existsSync(atRoot)) return atRoot
  for (let folder = dirname(importer); ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', imported)
    if (existsSync(candidate)) return candidate
    if (dirname(folder) === folder) return atRoot
  }
}

/** What a file imports, as it is written there. */
export function importsOf(tokens: readonly Token[]): string[] {
  const imports: string[] = []
  for (const [index, { kind, text }] of tokens.entries()) {
    if (kind !== 'word' || text !== 'import') continue
    const end = tokens.findIndex((token, at) => at > index && token.text === ';')
    const path = tokens.slice(index, end === -1 ? undefined : end).find((token) => token.kind === 'string')
    if (path !== undefined) imports.push(path.text.slice(1, -1))
  }
  return imports
}
