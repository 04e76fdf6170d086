import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { builtinModules, createRequire } from 'node:module'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { BuildOptions, Plugin } from 'esbuild'
// biome-ignore lint/correctness/useImportExtensions: it is JavaScript, with its types beside it.
import { type BundleManifest, bundlesFolder, MANIFEST, type Stamp, stampOf } from './find-bundle.mjs'

/** The module of a bundle that runs a command line, and its source. */
const ENTRY = 'cli'
const ENTRY_SOURCE = join('node', 'cli.ts')

/** Stands for all packages: npm writes it whenever it changes one. */
const PACKAGES = join('node_modules', '.package-lock.json')
/** Is read by the bundle, and says which conditions packages are imported by. */
const PACKAGE = 'package.json'

/** A process that was started from an older bundle may still load a part of it. */
const KEPT_MS = 24 * 60 * 60 * 1000

/**
 * Makes a bundle of what `pavm dev` runs, and returns its folder. It is there as a whole or not at all, whoever else makes
 * one at the same time. Throws where the folder cannot be written, or a source is not to be understood.
 */
export async function makeBundle(root: string, folder = bundlesFolder(root)): Promise<string> {
  mkdirSync(folder, { recursive: true })
  const scratch = mkdtempSync(join(folder, 'making-'))
  try {
    const stamps = await bundle(root, scratch)
    const name = createHash('sha256')
      // They come in any order.
      .update(JSON.stringify([root, Object.entries(stamps).sort()]))
      .digest('hex')
      .slice(0, 16)
    moveInto(scratch, join(folder, name))
    const manifest: BundleManifest = { root, name, stamps }
    const written = `${scratch}.json`
    writeFileSync(written, JSON.stringify(manifest))
    renameSync(written, join(folder, MANIFEST))
    removeOld(folder, name)
    return join(folder, name)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

function moveInto(scratch: string, target: string): void {
  try {
    renameSync(scratch, target)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // Somebody else made the same one.
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'EPERM') throw error
  }
}

function removeOld(folder: string, current: string): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    const isOld = Date.now() - statSync(path).mtimeMs > KEPT_MS
    if (isOld && name !== current && name !== MANIFEST) rmSync(path, { recursive: true, force: true })
  }
}

/** Writes what a bundle has, and returns the stamps of what is in it, taken before it was read. */
async function bundle(root: string, folder: string): Promise<Record<string, Stamp>> {
  const { build } = await import('esbuild')
  const sources = new Sources(root)
  for (const file of [PACKAGES, PACKAGE]) sources.stamp(join(root, file))
  // What makes it and runs it.
  for (const name of [import.meta.filename, join(import.meta.dirname, 'run-bundled.mjs')]) sources.stamp(name)
  const common = {
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'esnext',
    outdir: folder,
    sourcemap: 'linked',
    sourcesContent: false,
    legalComments: 'none',
    logLevel: 'silent',
    absWorkingDir: root,
    tsconfigRaw: '{}',
    // Native helpers that are not among our packages: to look for them takes 2 ms.
    define: { 'process.env.WS_NO_BUFFER_UTIL': '"1"', 'process.env.WS_NO_UTF_8_VALIDATE': '"1"' },
    plugins: [builtins, unasked, native(sources), sources.plugin],
  } satisfies BuildOptions

  const { metafile } = await build({
    ...common,
    entryPoints: { [ENTRY]: join(root, ENTRY_SOURCE) },
    banner: { js: SCRIPT_HEAD },
    footer: { js: SCRIPT_FOOT },
    // Half as much to read at each start, 5 % of its time. Stack traces have names from the map, errors from `NAMED`.
    minifyWhitespace: true,
    minifyIdentifiers: true,
    metafile: true,
  })
  makeScript(join(folder, `${ENTRY}.js`), Object.values(metafile.outputs))

  // Threads have modules, some of which wait while they are loaded, and are loaded after the first answer.
  let workers = sources.newWorkers()
  while (Object.keys(workers).length > 0) {
    const banner = {
      js: `const require = process.getBuiltinModule('node:module').createRequire(${JSON.stringify(join(root, PACKAGE))}), bundleUrl = import.meta.url;`,
    }
    await build({ ...common, entryPoints: workers, splitting: true, outExtension: { '.js': '.mjs' }, banner })
    workers = sources.newWorkers()
  }
  return sources.stamps
}

/** A script is a function of what a module would have by itself. It returns the exports. */
const SCRIPT_HEAD = '(function (require, bundleUrl) {'
const SCRIPT_FOOT = '})'
const EXPORTS = /\bexport(\s*\{[\w\s$,]+\});?(?=\s*\}\)\s*(?:\/\/.*\s*)?$)/
const RENAMED = /([\w$]+) as (\w+)/g

/**
 * Makes a script of a module that imports nothing. V8 takes compiled code of a script from whoever has run it before, of all
 * functions that ran; Node's compile cache of modules has but their outermost.
 */
function makeScript(
  file: string,
  outputs: readonly { readonly imports: readonly { readonly kind: string }[] }[],
): void {
  const text = readFileSync(file, 'utf8')
  const isWhole = outputs.every(({ imports }) => imports.every(({ kind }) => kind !== 'import-statement'))
  if (!isWhole || text.match(EXPORTS) === null) throw new Error(`${file} is no script`)
  writeFileSync(
    file,
    text.replace(EXPORTS, (_whole, names: string) => `return${names.replace(RENAMED, '$2: $1')}`),
  )
}

/** Our own sources: where they think they are, which of them are threads, and when they were changed. */
class Sources {
  readonly stamps: Record<string, Stamp> = {}
  readonly #root: string
  readonly #workers = new Set<string>()
  #made = 0

  constructor(root: string) {
    this.#root = root
  }

  get plugin(): Plugin {
    return {
      name: 'sources',
      setup: (build) => {
        build.onResolve({ filter: /\.ts$/ }, ({ kind, path, resolveDir }) => {
          // The other commands, and peers: without them there is less to load, and they are loaded from their sources.
          if (kind !== 'dynamic-import' || !OUTSIDE.test(path)) return undefined
          return { path: pathToFileURL(resolve(resolveDir, path)).href, external: true }
        })
        build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
          if (path.includes('node_modules')) return undefined
          this.stamp(path)
          const text = this.#placed(readFileSync(path, 'utf8'), path)
          return { contents: MADE.test(path) ? await withMade(text, path) : text, loader: 'ts' }
        })
      },
    }
  }

  stamp(path: string): void {
    this.stamps[relative(this.#root, path)] = stampOf(statSync(path))
  }

  /** Entries that were met since the last time, by the name of their output. */
  newWorkers(): Record<string, string> {
    const found = [...this.#workers].slice(this.#made)
    this.#made = this.#workers.size
    return Object.fromEntries(found.map((path) => [basename(path, '.ts'), path]))
  }

  #placed(text: string, path: string): string {
    const folder = dirname(path)
    return text
      .replace(WORKER, (_whole, worker: string) => {
        this.#workers.add(join(folder, `${worker}.ts`))
        return `new URL('./${worker}.mjs', bundleUrl)`
      })
      .replace(IN_PLACE, (_whole, name: 'url' | 'dirname') => {
        return JSON.stringify(name === 'dirname' ? folder : pathToFileURL(path).href)
      })
      .replace(NAMED, "$1 static name = '$2';")
      .replace(ZOD, 'import * as z from')
  }
}

/** Exports one function alone, for bytes that are the same each time. */
const MADE = /\/primitives\/wasm\/keccak-module\.ts$/
const MADE_BY = /export function (\w+)/

/** The module with what its function returns in the place of that. What it imports stays known. */
async function withMade(text: string, path: string): Promise<string> {
  const [, name = ''] = MADE_BY.exec(text) ?? []
  const module = (await import(pathToFileURL(path).href)) as Readonly<Record<string, () => Uint8Array>>
  const bytes = JSON.stringify(Buffer.from(module[name]!()).toString('base64'))
  return `${text.replace(MADE_BY, 'function make')}\nexport const ${name} = () => Buffer.from(${bytes}, 'base64')\n`
}

const OUTSIDE = /^\.\/commands\/(?!dev\.ts)|\/p2p\/network\.ts$/
const WORKER = /new URL\('\.\/([\w-]+-worker)\.ts', import\.meta\.url\)/g
const IN_PLACE = /import\.meta\.(url|dirname)\b/g
/** Says its name, of which a script keeps none. */
const NAMED = /(\bclass (\w+) extends \w*Error\b[^{]*\{)/g
/** So that what is not used of it can be left out, which is most: texts in fifty languages. */
const ZOD = /import \{ z \} from(?= 'zod')/

const BUILTINS: ReadonlySet<string> = new Set(builtinModules)
/** Packages and sources ask for them, and no start uses them: to load them takes 15 ms. */
const SELDOM: ReadonlySet<string> = new Set([
  'assert',
  'child_process',
  'crypto',
  'dns',
  'fs/promises',
  'http2',
  'https',
  'tls',
  'zlib',
])
/** What each start asks of them, done without them: LevelDB's package makes sure that the directory is there. */
const IN_THEIR_PLACE: Readonly<Record<string, string>> = {
  'fs/promises': `mkdir: async (...args) => ${builtin('fs')}.mkdirSync(...args)`,
}

/**
 * Modules of Node, of which an import statement would read all exports: of `node:http` they load fetch, which takes 15 ms. They
 * are had by their names; those of `SELDOM` when a function of theirs is called, or something else is read.
 */
const builtins: Plugin = {
  name: 'builtins',
  setup: (build) => {
    build.onResolve({ filter: /^[a-z:_/0-9]+$/ }, ({ path, kind }) => {
      const name = path.replace(/^node:/, '')
      if (!BUILTINS.has(name)) return undefined
      return { path: name, namespace: kind === 'require-call' ? 'builtin-require' : 'builtin-import' }
    })
    build.onLoad({ filter: /./, namespace: 'builtin-require' }, ({ path }) => ({
      contents: `module.exports = ${SELDOM.has(path) ? standIn(path) : builtin(path)}`,
    }))
    build.onLoad({ filter: /./, namespace: 'builtin-import' }, ({ path }) => {
      const names = membersOf(path).filter(([name]) => name !== 'default')
      const head = `const $module = ${SELDOM.has(path) ? standIn(path) : builtin(path)}\nexport default $module\n`
      const one = ([name]: Member) => `export const ${name} = /* @__PURE__ */ $get('${name}')`
      return { contents: [`${head}const $get = (name) => $module[name]`, ...names.map(one)].join('\n') }
    })
  },
}

type Member = readonly [name: string, isFunction: boolean]

/** Classes, by their capital, are no functions here: they are not called. */
function membersOf(name: string): Member[] {
  const members = Object.entries(process.getBuiltinModule(`node:${name}`) ?? {})
  return members.map(([key, value]: [string, unknown]) => [key, typeof value === 'function' && /^[a-z]/.test(key)])
}

function builtin(name: string): string {
  return `process.getBuiltinModule('node:${name}')`
}

/** Has what the module has, and loads it when it has to. `assert`, which can be called itself, does not have to while all holds. */
function standIn(name: string): string {
  const functions = membersOf(name).flatMap(([key, isFunction]) => (isFunction ? key : []))
  const itself = `(holds, ...rest) => holds || ${builtin(name)}(holds, ...rest)`
  return `((functions, own) => new Proxy(${itself}, {
    get: (_, key) => own[key] ?? (functions.has(key) ? (...args) => ${builtin(name)}[key](...args) : ${builtin(name)}[key]),
  }))(new Set(${JSON.stringify(functions)}), { __proto__: null, ${IN_THEIR_PLACE[name] ?? ''} })`
}

/** What packages do in each start for the sake of others, which has V8 count the lines of the whole script: 2 ms. */
const unasked: Plugin = {
  name: 'unasked',
  setup: (build) => {
    // Who made a logger, for those that write in another thread.
    build.onLoad({ filter: /\/pino\/lib\/caller\.js$/ }, () => ({ contents: 'module.exports = () => []' }))
  },
}

/** What looks for native code beside itself each time: here it was found. */
function native(sources: Sources): Plugin {
  return {
    name: 'native',
    setup: (build) => {
      build.onResolve({ filter: /^\.\/binding$/ }, ({ resolveDir }) => {
        const { resolve: find } = createRequire(join(resolveDir, PACKAGE))('node-gyp-build') as NativeLoader
        const path = find(resolveDir)
        sources.stamp(path)
        return { path, external: true }
      })
    },
  }
}

interface NativeLoader {
  resolve(folder: string): string
}
