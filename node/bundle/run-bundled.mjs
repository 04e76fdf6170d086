// Plain JavaScript: to load one file of TypeScript that no compile cache knows takes 30 ms. To import `node:fs` takes 4 ms: all
// that it exports is read, for which streams are loaded.
// biome-ignore lint/correctness/useImportExtensions: it is JavaScript, with its types beside it.
import { bundlesFolder, findBundle } from './find-bundle.mjs'

const { readFileSync, renameSync, writeFileSync } = process.getBuiltinModule('node:fs')
const { createRequire, SourceMap } = process.getBuiltinModule('node:module')
const { dirname, join } = process.getBuiltinModule('node:path')
const { pathToFileURL } = process.getBuiltinModule('node:url')
const { Script } = process.getBuiltinModule('node:vm')

const ROOT = dirname(dirname(import.meta.dirname))

/** After the node is up, which is soon after the first answers: what has not run by then need not be ready at the next start. */
const DELAY_MS = 500

/**
 * Runs this process's command line from a bundle of the sources below `root`; from the sources, where there is none of them as
 * they are, which has one made for the next time.
 */
export async function runBundled(root = ROOT, folder = bundlesFolder(root)) {
  const bundle = findBundle(root, folder)
  if (bundle === undefined) {
    setTimeout(makeInBackground, DELAY_MS, root).unref()
    await import('../main.ts')
    return
  }
  // For the threads.
  process.env.NODE_COMPILE_CACHE ??= join(bundle, 'compiled')
  const file = join(bundle, 'cli.js')
  showSources(file)
  const { load, keepCompiled } = loadScript(file, compiledFile(bundle))
  const { runCommandLine } = load(createRequire(join(root, 'package.json')), pathToFileURL(file).href)
  await runCommandLine(process.argv)
  setTimeout(keepCompiled, DELAY_MS).unref()
}

/** Where a bundle keeps code that this version of Node has compiled. */
export function compiledFile(bundle) {
  return join(bundle, `cli-${process.version}-${process.arch}.bin`)
}

/** The value of a script, and what keeps all its code that is compiled by then in a file, where there is none to take it from. */
function loadScript(filename, compiled) {
  const cachedData = readIfThere(compiled)
  // All of it is ASCII.
  const script = new Script(readFileSync(filename, 'latin1'), { filename, cachedData })
  const isKept = cachedData !== undefined && !script.cachedDataRejected
  return {
    load: script.runInThisContext(),
    keepCompiled: () => isKept || writeWhole(compiled, script.createCachedData()),
  }
}

/**
 * Stack traces name places in the sources of a script. Its map is read when the first one is shown: with Node's
 * `--enable-source-maps` each start takes 10 ms longer.
 */
function showSources(file) {
  let map
  const inSource = (frame) => {
    const text = String(frame)
    if (frame.getFileName() !== file) return text
    map ??= new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8')))
    const { originalSource, originalLine, originalColumn } = map.findEntry(
      frame.getLineNumber() - 1,
      frame.getColumnNumber() - 1,
    )
    if (originalSource === undefined) return text
    const place = `${join(dirname(file), originalSource)}:${originalLine + 1}:${originalColumn + 1}`
    return text.replace(`${file}:${frame.getLineNumber()}:${frame.getColumnNumber()}`, place)
  }
  Error.prepareStackTrace = (error, frames) => {
    let stack = headOf(error)
    for (const frame of frames) stack += `\n    at ${inSource(frame)}`
    return stack
  }
}

function headOf(error) {
  try {
    return Error.prototype.toString.call(error)
  } catch {
    return '<error>'
  }
}

function readIfThere(file) {
  try {
    return readFileSync(file)
  } catch {
    return undefined
  }
}

function writeWhole(file, bytes) {
  try {
    const scratch = `${file}.${process.pid}`
    writeFileSync(scratch, bytes)
    renameSync(scratch, file)
  } catch {
    // It is slower without.
  }
}

async function makeInBackground(root) {
  const { spawn } = await import('node:child_process')
  const child = spawn(process.execPath, [join(import.meta.dirname, 'make-in-background.ts')], {
    cwd: root,
    detached: true,
    stdio: 'ignore',
  })
  // The next time, maybe.
  child.on('error', () => {})
  child.unref()
}
